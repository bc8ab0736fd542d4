// SPDX-License-Identifier: Apache-2.0
#include "api/rest/targets.h"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/document.h"
#include "hw_models/target_kinds.h"
#include "spaces/dtype.h"

namespace parnas::rest {
namespace {

using hw_models::TargetCard;
using hw_models::TargetEntry;
using hw_models::TargetKind;
using hw_models::TargetLibrary;

std::string name_of(const TargetEntry& entry) {
    return entry.name;
}

Json head_json(const TargetEntry& entry) {
    return {{"name", entry.name}, {"origin", std::string(to_string(entry.origin))}};
}

// One that cannot be read does not hide the others.
Json summary_json(const TargetLibrary& library, const TargetEntry& entry) {
    Json json = head_json(entry);
    try {
        const Document document = library.open(entry);
        const TargetKind& kind = hw_models::kind_of(document);
        const TargetCard card = kind.read(document);
        json.update({{"kind", std::string(kind.word)},
                     {"hardware", card.target.hardware},
                     {"runtime", card.target.runtime},
                     {"threads", card.target.threads},
                     {"dtype", std::string(spaces::to_string(card.target.dtype))},
                     {"batch", card.target.batch},
                     {"date", card.date}});
    } catch (const Error& error) {
        json["fault"] = error.faults().front().message;
    }
    return json;
}

http::Response list_targets(const Call& call, const Service& service) {
    const std::vector<TargetEntry> all = service.targets.list();
    const auto page = slice(read_page(call, service.pages), all, name_of);
    Json items = Json::array();
    for (const TargetEntry& entry : page.items)
        items.push_back(summary_json(service.targets, entry));
    return make_page(call, service.pages, std::move(items), page.last);
}

http::Response get_target(const Call& call, const Service& service) {
    const TargetEntry entry = service.targets.find(call.text("target"));
    const Document document = service.targets.open(entry);
    const TargetKind& kind = hw_models::kind_of(document);
    const TargetCard card = kind.read(document);
    Json json = head_json(entry);
    json.update({{"kind", std::string(kind.word)},
                 {"model", std::string(kind.model)},
                 {"about", std::string(kind.about)},
                 {"provenance", std::string(to_string(card.provenance))},
                 {"source", card.source},
                 {"date", card.date},
                 {"assumed", card.assumed},
                 {"figures", kind.figures(document)},
                 {"document", document.root()}});
    return http::make_json(200, json);
}

// Empty if the target is no predictor, or cannot be read.
Json predictor_json(const TargetLibrary& library, const TargetEntry& entry) {
    try {
        const Document document = library.open(entry);
        const TargetKind& kind = hw_models::kind_of(document);
        if (kind.word != "predictor")
            return {};
        Json json = head_json(entry);
        json["date"] = kind.read(document).date;
        json["figures"] = kind.figures(document);
        return json;
    } catch (const Error&) {
        return {};
    }
}

http::Response list_predictors(const Call& call, const Service& service) {
    std::vector<std::pair<std::string, Json>> all;
    for (const TargetEntry& entry : service.targets.list())
        if (Json json = predictor_json(service.targets, entry); !json.is_null())
            all.emplace_back(entry.name, std::move(json));
    const auto page =
        slice(read_page(call, service.pages), all, [](const auto& each) { return each.first; });
    Json items = Json::array();
    for (const auto& [name, json] : page.items)
        items.push_back(json);
    return make_page(call, service.pages, std::move(items), page.last);
}

}  // namespace

void add_targets(Operations& operations, const Service& service) {
    operations["list_targets"] = [&service](const Call& call) {
        return list_targets(call, service);
    };
    operations["get_target"] = [&service](const Call& call) { return get_target(call, service); };
    operations["list_predictors"] = [&service](const Call& call) {
        return list_predictors(call, service);
    };
}

}  // namespace parnas::rest
