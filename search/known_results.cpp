// SPDX-License-Identifier: Apache-2.0
#include "search/known_results.h"

#include <utility>

#include <nlohmann/json.hpp>

#include "core/json.h"

namespace parnas::search {
namespace {

Assignment read_known_values(const Json& json, ObjectReader& reader) {
    Assignment values;
    if (!json.is_object()) {
        reader.fault("values", "expected values by parameter, like {lr: 0.1}");
        return values;
    }
    for (const auto& [name, value] : json.items()) {
        try {
            values[name] = scalar_from_json(value);
        } catch (const Error& error) {
            reader.faults().add(pointer_to(reader.pointer("values"), name), error.what());
        }
    }
    return values;
}

Metrics read_known_metrics(const Json& json, ObjectReader& reader) {
    Metrics metrics;
    if (!json.is_object()) {
        reader.fault("metrics", "expected numbers by metric, like {accuracy: 0.9}");
        return metrics;
    }
    for (const auto& [name, value] : json.items()) {
        if (value.is_number())
            metrics[name] = value.get<double>();
        else
            reader.faults().add(pointer_to(reader.pointer("metrics"), name), "expected a number");
    }
    return metrics;
}

KnownResult read_known_result(const Json& json, const std::string& pointer, Faults& faults) {
    ObjectReader reader(json, pointer, faults);
    KnownResult result;
    if (const Json* values = reader.need("values"))
        result.values = read_known_values(*values, reader);
    if (const Json* metrics = reader.need("metrics"))
        result.metrics = read_known_metrics(*metrics, reader);
    reader.finish();
    return result;
}

Genotype genotype_of(const KnownResult& result, const spaces::SearchSpace& space) {
    Genotype genotype = spaces::from_assignment(space.params(), result.values);
    if (!space.feasible(genotype))
        throw Error(ErrorKind::invalid_input, "the space's requirements exclude these values");
    return genotype;
}

}  // namespace

std::vector<KnownResult> read_known_results(ObjectReader& job) {
    std::vector<KnownResult> results;
    const Json* json = job.find("known");
    if (json == nullptr)
        return results;
    if (!json->is_array()) {
        job.fault(
            "known",
            "expected a list of results, like [{values: {lr: 0.1}, metrics: {accuracy: 0.9}}]");
        return results;
    }
    for (std::size_t i = 0; i < json->size(); ++i)
        results.push_back(
            read_known_result((*json)[i], pointer_to(job.pointer("known"), i), job.faults()));
    return results;
}

Json known_results_json(std::span<const KnownResult> results) {
    Json json = Json::array();
    for (const KnownResult& result : results) {
        Json values = Json::object();
        for (const auto& [name, value] : result.values)
            values[name] = parnas::to_json(value);
        Json metrics = Json::object();
        for (const auto& [name, value] : result.metrics)
            metrics[name] = value;
        json.push_back({{"values", std::move(values)}, {"metrics", std::move(metrics)}});
    }
    return json;
}

void check_known_results(std::span<const KnownResult> results,
                         const spaces::SearchSpace& space,
                         const std::vector<Objective>& objectives,
                         Faults& faults) {
    for (std::size_t i = 0; i < results.size(); ++i) {
        const std::string pointer = pointer_to("/known", i);
        try {
            genotype_of(results[i], space);
        } catch (const Error& error) {
            faults.add(pointer_to(pointer, "values"), error.what());
        }
        const auto values = objective_values(objectives, results[i].metrics);
        if (const auto* failure = std::get_if<Failure>(&values))
            faults.add(pointer_to(pointer, "metrics"), failure->reason);
    }
}

std::vector<Trial> known_trials(std::span<const KnownResult> results,
                                const spaces::SearchSpace& space,
                                const std::vector<Objective>& objectives,
                                const Limits& limits) {
    std::vector<Trial> trials;
    for (const KnownResult& result : results) {
        const auto values = objective_values(objectives, result.metrics);
        trials.push_back(
            {.number = static_cast<TrialNumber>(trials.size()) - std::ssize(results),
             .genotype = genotype_of(result, space),
             .objectives = minimised(objectives, std::get<std::vector<double>>(values)),
             .violation = violation(limits, result.metrics),
             .metrics = result.metrics});
    }
    return trials;
}

}  // namespace parnas::search
