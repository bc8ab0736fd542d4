// SPDX-License-Identifier: Apache-2.0
#include "search/target_figures.h"

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/json.h"

namespace parnas::search {
namespace {

using hw_models::EnergySource;
using hw_models::Estimate;
using hw_models::Source;

Json json_of(const Estimate& estimate) {
    Json json{{"latency_ms", estimate.latency.count()},
              {"latency_low_ms", estimate.low.count()},
              {"latency_high_ms", estimate.high.count()},
              {"source", std::string(to_string(estimate.source))},
              {"extrapolated", estimate.extrapolated}};
    if (estimate.p95)
        json["latency_p95_ms"] = estimate.p95->count();
    if (estimate.cold_start)
        json["cold_start_ms"] = estimate.cold_start->count();
    if (estimate.energy && estimate.energy_source == EnergySource::measured)
        json["energy_mj"] = estimate.energy->count();
    return json;
}

Source source_of(const std::string& word) {
    for (const Source source : {Source::measured, Source::fitted, Source::analytic})
        if (word == to_string(source))
            return source;
    throw Error(ErrorKind::damaged, "'" + word + "' is no source of a latency");
}

Estimate estimate_of(const Json& json) {
    Estimate estimate{.latency = Milliseconds(json.at("latency_ms").get<double>()),
                      .low = Milliseconds(json.at("latency_low_ms").get<double>()),
                      .high = Milliseconds(json.at("latency_high_ms").get<double>()),
                      .source = source_of(json.at("source").get<std::string>()),
                      .extrapolated = json.at("extrapolated").get<bool>()};
    if (json.contains("latency_p95_ms"))
        estimate.p95 = Milliseconds(json["latency_p95_ms"].get<double>());
    if (json.contains("cold_start_ms"))
        estimate.cold_start = Milliseconds(json["cold_start_ms"].get<double>());
    if (json.contains("energy_mj"))
        estimate.energy = Millijoules(json["energy_mj"].get<double>());
    return estimate;
}

}  // namespace

std::string to_text(const TargetFigures& figures) {
    Json json = Json::object();
    if (figures.predicted)
        json["predicted"] = json_of(*figures.predicted);
    if (figures.measured)
        json["measured"] = json_of(*figures.measured);
    if (figures.refused)
        json["refused"] = *figures.refused;
    return dump_json(json);
}

std::optional<TargetFigures> target_figures_of(const store::Attributes& system_attributes) {
    const auto found = system_attributes.find(kTargetFigures);
    if (found == system_attributes.end())
        return std::nullopt;
    try {
        const Json json = parse_json(found->second, std::string(kTargetFigures));
        TargetFigures figures;
        if (json.contains("predicted"))
            figures.predicted = estimate_of(json["predicted"]);
        if (json.contains("measured"))
            figures.measured = estimate_of(json["measured"]);
        if (json.contains("refused"))
            figures.refused = json["refused"].get<std::string>();
        return figures;
    } catch (const std::exception& error) {
        throw Error(ErrorKind::damaged, error.what(), std::string(kTargetFigures));
    }
}

}  // namespace parnas::search
