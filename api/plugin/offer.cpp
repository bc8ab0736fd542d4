// SPDX-License-Identifier: Apache-2.0
#include "api/plugin/offer.h"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "evaluators/command/program.h"
#include "hw_models/target_json.h"

namespace parnas::plugin {
namespace {

constexpr std::int64_t kProtocol = 1;

bool is_versioned(const std::string& name) {
    const auto in_names = [](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_' || c == '.';
    };
    const auto is_digit = [](char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; };
    const std::size_t at = name.find('@');
    return at != std::string::npos && at > 0 && at + 1 < name.size() && name.size() <= 100 &&
           std::ranges::all_of(name.substr(0, at), in_names) &&
           std::ranges::all_of(name.substr(at + 1), is_digit);
}

std::string read_name(ObjectReader& part) {
    std::string name = part.text("name");
    if (part.has("name") && !is_versioned(name))
        part.fault("name",
                   fmt::format("expected a name with its version, my-part@1, got '{}'", name));
    return name;
}

// Calls `read` with a reader of each object in the list under `key`; there may be none.
template <typename Read>
void read_each(ObjectReader& description, std::string_view key, const Read& read) {
    const Json* list = description.find(key);
    if (list == nullptr)
        return;
    if (!list->is_array()) {
        description.fault(key, fmt::format("expected a list, got {}", type_name(*list)));
        return;
    }
    for (std::size_t i = 0; i < list->size(); ++i) {
        ObjectReader part(
            (*list)[i], pointer_to(description.pointer(key), i), description.faults());
        read(part);
        part.finish();
    }
}

SpaceOffer read_space(ObjectReader& part) {
    SpaceOffer offer{.decodes = part.boolean("decodes", false)};
    const Json* document = part.need("document");
    if (document == nullptr)
        return offer;
    if (!document->is_object()) {
        part.fault("document", fmt::format("expected an object, got {}", type_name(*document)));
        return offer;
    }
    // The rest of it is read when the space is made.
    Json heading = Json::object();
    for (const char* key : {"name", "about"})
        if (document->contains(key))
            heading[key] = (*document)[key];
    ObjectReader reader(heading, part.pointer("document"), part.faults());
    offer.name = read_name(reader);
    offer.about = reader.text("about", "");
    offer.document = dump_json(*document);
    if (offer.decodes && document->contains("body"))
        part.fault("document", "a document with a body makes its networks itself");
    return offer;
}

hw_models::Target read_plugin_target(ObjectReader& part) {
    hw_models::Target target = hw_models::read_target(part);
    if (!is_versioned(target.name))
        part.fault(
            "name",
            fmt::format("expected a name with its version, my-board@1, got '{}'", target.name));
    return target;
}

}  // namespace

Offer read_offer(const Json& description) {
    Faults faults;
    ObjectReader reader(description, "", faults);
    Offer offer;
    if (const std::int64_t protocol = reader.integer("protocol"); protocol != kProtocol)
        reader.fault("protocol", fmt::format("expected {}, got {}", kProtocol, protocol));
    read_each(
        reader, "spaces", [&](ObjectReader& part) { offer.spaces.push_back(read_space(part)); });
    read_each(reader, "evaluators", [&](ObjectReader& part) {
        offer.evaluators.push_back(
            {.name = read_name(part),
             .metrics = evaluators::read_texts(part, "metrics", part.need("metrics"))});
    });
    read_each(
        reader, "samplers", [&](ObjectReader& part) { offer.samplers.push_back(read_name(part)); });
    read_each(reader, "targets", [&](ObjectReader& part) {
        offer.targets.push_back(read_plugin_target(part));
    });
    read_each(reader, "operators", [&](ObjectReader& part) {
        offer.operators.push_back(read_operator(part, read_name(part)));
    });
    if (const Json* blocks = reader.find("blocks")) {
        if (blocks->is_object())
            offer.blocks = dump_json(*blocks);
        else
            reader.fault("blocks", fmt::format("expected an object, got {}", type_name(*blocks)));
    }
    reader.finish();
    faults.throw_if_any();
    return offer;
}

Json read_part_options(ObjectReader& options) {
    const Json* json = options.find("options");
    if (json == nullptr)
        return Json::object();
    if (!json->is_object())
        options.fault("options", fmt::format("expected an object, got {}", type_name(*json)));
    return *json;
}

std::string without_version(const std::string& name) {
    return name.substr(0, name.find('@'));
}

}  // namespace parnas::plugin
