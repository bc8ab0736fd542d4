// SPDX-License-Identifier: Apache-2.0
#include "search/weight_sharing/path_epoch.h"

#include <array>
#include <string>

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/scalar.h"

namespace parnas::search {
namespace {

constexpr std::array kSampling{"uniform", "cost_bins", "fair", "sandwich"};
constexpr std::array kDistill{"none", "largest", "teacher"};
constexpr std::array kDivergence{"kl", "alpha"};

// By name; parameters without restriction are left out.
Json open_to_json(const OpenValues& open, std::span<const spaces::Param> params) {
    Json json = Json::object();
    for (std::size_t p = 0; p < open.size(); ++p) {
        if (open[p].empty())
            continue;
        Json values = Json::array();
        for (const Value& value : open[p])
            values.push_back(parnas::to_json(spaces::to_scalar(params[p].domain, value)));
        json[params[p].name] = std::move(values);
    }
    return json;
}

OpenValues read_open(ObjectReader& settings, std::span<const spaces::Param> params) {
    OpenValues open(params.size());
    const Json* json = settings.find("open");
    if (json == nullptr)
        return open;
    ObjectReader reader(*json, settings.pointer("open"), settings.faults());
    for (std::size_t p = 0; p < params.size(); ++p) {
        const Json* values = reader.find(params[p].name);
        if (values == nullptr)
            continue;
        if (!values->is_array() || values->empty()) {
            reader.fault(params[p].name, "expected a list of at least one value");
            continue;
        }
        try {
            for (const Json& value : *values)
                open[p].push_back(spaces::from_scalar(params[p].domain, scalar_from_json(value)));
        } catch (const Error& error) {
            reader.fault(params[p].name, error.what());
        }
    }
    reader.finish();
    return open;
}

void check_together(const PathEpoch& epoch, ObjectReader& settings) {
    if (epoch.distill == Distill::largest && epoch.sampling != PathSampling::sandwich)
        settings.fault("distill",
                       "'largest' needs sampling 'sandwich': in other steps there is no largest "
                       "network to learn from");
}

}  // namespace

Json to_json(const PathEpoch& epoch, std::span<const spaces::Param> params) {
    Json json{{"type", kPathEpochType},
              {"sampling", kSampling[static_cast<std::size_t>(epoch.sampling)]},
              {"paths", epoch.paths},
              {"bins", epoch.bins},
              {"open", open_to_json(epoch.open, params)},
              {"distill", kDistill[static_cast<std::size_t>(epoch.distill)]},
              {"distill_weight", epoch.distill_weight},
              {"divergence", kDivergence[static_cast<std::size_t>(epoch.divergence)]},
              {"alpha_clip", epoch.alpha_clip},
              {"label_smoothing", epoch.label_smoothing},
              {"batch", epoch.batch},
              {"lr", epoch.lr},
              {"momentum", epoch.momentum},
              {"weight_decay", epoch.weight_decay},
              {"sort_widths", epoch.sort_widths},
              {"take_teacher", epoch.take_teacher},
              {"validate", epoch.validate}};
    if (epoch.clip)
        json["clip"] = *epoch.clip;
    return json;
}

PathEpoch read_path_epoch(ObjectReader& settings, std::span<const spaces::Param> params) {
    PathEpoch epoch;
    (void)settings.word("type", {kPathEpochType});
    epoch.sampling =
        PathSampling(settings.word("sampling", {"uniform", "cost_bins", "fair", "sandwich"}));
    epoch.paths = settings.integer("paths", epoch.paths, {0, 1024});
    epoch.bins = settings.integer("bins", epoch.bins, {1, 1000});
    epoch.open = read_open(settings, params);
    epoch.distill = Distill(settings.word("distill", {"none", "largest", "teacher"}, "none"));
    epoch.distill_weight = settings.real("distill_weight", epoch.distill_weight, {0.0, 1e3});
    epoch.divergence = Divergence(settings.word("divergence", {"kl", "alpha"}, "kl"));
    epoch.alpha_clip = settings.real("alpha_clip", epoch.alpha_clip, {1e-3, 1e3});
    epoch.label_smoothing = settings.real("label_smoothing", epoch.label_smoothing, {0.0, 0.99});
    epoch.batch = settings.integer("batch", epoch.batch, {2, 65'536});
    epoch.lr = settings.real("lr", epoch.lr, {0.0, 1e6});
    epoch.momentum = settings.real("momentum", epoch.momentum, {0.0, 0.9999});
    epoch.weight_decay = settings.real("weight_decay", epoch.weight_decay, {0.0, 10.0});
    epoch.clip = settings.optional_real("clip", {1e-6, 1e6});
    epoch.sort_widths = settings.boolean("sort_widths", epoch.sort_widths);
    epoch.take_teacher = settings.boolean("take_teacher", epoch.take_teacher);
    epoch.validate = settings.boolean("validate", epoch.validate);
    check_together(epoch, settings);
    return epoch;
}

}  // namespace parnas::search
