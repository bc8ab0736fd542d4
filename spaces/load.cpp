// SPDX-License-Identifier: Apache-2.0
#include "spaces/load.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <set>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "core/document.h"
#include "core/embedded.h"
#include "core/object_reader.h"
#include "spaces/library_documents.h"
#include "spaces/space_document.h"

namespace parnas::spaces {
namespace {

bool is_file_name(const std::string& text) {
    return text.ends_with(".yaml") || text.ends_with(".yml") || text.ends_with(".json");
}

Offers& offers() {
    static Offers offers;
    return offers;
}

bool has_name(const std::string& full, const std::string& name) {
    return full == name || full.substr(0, full.find('@')) == name;
}

// The blocks that `json` uses, at any depth.
void find_uses(const Json& json, std::set<std::string>& used) {
    if (json.is_object() && json.contains("use") && json["use"].is_object() &&
        json["use"].contains("block") && json["use"]["block"].is_string())
        used.insert(json["use"]["block"].get<std::string>());
    if (json.is_structured())
        for (const Json& each : json)
            find_uses(each, used);
}

// `document` with the definitions of blocks that it uses and does not have, where somebody offers
// them: as it is if there are none.
Document with_offered_blocks(Document document) {
    const Json none = Json::object();
    if (!offers().blocks || !document.root().is_object() ||
        !document.root().value("define", none).is_object())
        return document;
    Json root = document.root();
    Json given = none;
    bool is_changed = false;
    for (bool again = true; again;) {
        again = false;
        std::set<std::string> used;
        find_uses(root, used);
        for (const std::string& name : used) {
            if (root.value("define", none).contains(name))
                continue;
            if (given.empty())
                given = offers().blocks();
            if (!given.contains(name))
                continue;
            root["define"][name] = given[name];
            is_changed = again = true;
        }
    }
    return is_changed ? Document::parse(dump_json(root), document.source()) : document;
}

// 2 of "text@2"; 0 if there is none.
std::uint64_t version_of(const std::string& full) {
    std::uint64_t version = 0;
    if (const std::size_t at = full.find('@'); at != std::string::npos)
        std::from_chars(full.data() + at + 1, full.data() + full.size(), version);
    return version;
}

std::vector<LibrarySpace> read_library() {
    std::vector<LibrarySpace> spaces;
    for (const EmbeddedFile& file : library_documents()) {
        const Document document = Document::parse(file.text, std::string(file.name));
        spaces.push_back({.name = document.root()["name"].get<std::string>(),
                          .about = document.root()["about"].get<std::string>(),
                          .text = std::string(file.text)});
    }
    return spaces;
}

const std::vector<LibrarySpace>& built_in_spaces() {
    static const std::vector<LibrarySpace> kSpaces = read_library();
    return kSpaces;
}

std::unique_ptr<SearchSpace> make_by_name(const std::string& name, const Json& arguments) {
    if (const LibrarySpace* found = find_space(built_in_spaces(), name))
        return make_space(Document::parse(found->text, found->name), arguments);
    std::vector<std::string> known;
    for (const LibrarySpace& each : built_in_spaces())
        known.push_back(each.name);
    if (offers().spaces)
        for (const OfferedSpace& each : offers().spaces()) {
            if (has_name(each.entry.name, name))
                return each.make(arguments);
            known.push_back(each.entry.name);
        }
    std::ranges::sort(known);
    throw Error(
        ErrorKind::not_found,
        fmt::format(
            "no space is named '{}'; known are {}; a file's name ends in .yaml, .yml or .json",
            name,
            fmt::join(known, ", ")));
}

}  // namespace

std::unique_ptr<SearchSpace> load_space(const Json& reference, const std::filesystem::path& base) {
    if (reference.is_string()) {
        const auto text = reference.get<std::string>();
        const Json key{{is_file_name(text) ? "file" : "name", text}};
        return load_space(key, base);
    }
    Faults faults;
    ObjectReader reader(reference, "", faults);
    const Json nothing;
    const Json* with = reader.find("with");
    if (with != nullptr && !with->is_object())
        reader.fault("with", fmt::format("expected an object, got {}", type_name(*with)));
    const auto name = reader.optional_text("name");
    const auto file = reader.optional_text("file");
    const Json* document = reader.find("document");
    reader.finish();
    if (reference.is_object() && (name.has_value() + file.has_value() + (document != nullptr)) != 1)
        faults.add("", "expected exactly one of `name`, `file` and `document`");
    faults.throw_if_any();
    const Json& arguments = with == nullptr ? nothing : *with;
    if (name)
        return make_by_name(*name, arguments);
    if (file)
        return make_space(
            with_offered_blocks(Document::read(base / *file)), arguments, offers().operators);
    return make_space(with_offered_blocks(Document::parse(dump_json(*document), "space")),
                      arguments,
                      offers().operators);
}

const LibrarySpace* find_space(std::span<const LibrarySpace> spaces, const std::string& name) {
    const LibrarySpace* found = nullptr;
    for (const LibrarySpace& each : spaces)
        if (has_name(each.name, name) &&
            (found == nullptr || version_of(each.name) > version_of(found->name)))
            found = &each;
    return found;
}

std::vector<LibrarySpace> library_spaces() {
    std::vector<LibrarySpace> spaces = built_in_spaces();
    if (offers().spaces)
        for (OfferedSpace& each : offers().spaces())
            if (std::ranges::find(spaces, each.entry.name, &LibrarySpace::name) == spaces.end())
                spaces.push_back(std::move(each.entry));
    std::ranges::sort(spaces, {}, &LibrarySpace::name);
    return spaces;
}

void set_offers(Offers given) {
    offers() = std::move(given);
}

}  // namespace parnas::spaces
