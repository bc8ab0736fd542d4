// SPDX-License-Identifier: Apache-2.0
#include "search/trial_json.h"

#include <algorithm>
#include <set>

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "search/trial_codec.h"
#include "spaces/distribution.h"

namespace parnas::search {
namespace {

bool is_duration(std::string_view metric) {
    return metric.ends_with("_seconds");
}

bool is_shown(std::string_view metric, Detail detail) {
    return detail == Detail::everything || !is_duration(metric);
}

Json numbers_json(const std::map<std::string, double, std::less<>>& numbers, Detail detail) {
    Json json = Json::object();
    for (const auto& [name, value] : numbers)
        if (is_shown(name, detail))
            json[name] = value;
    return json;
}

}  // namespace

Json attribute_json(const std::string& text) {
    try {
        return parse_json(text, "");
    } catch (const Error&) {
        return Json(text);
    }
}

std::vector<Objective> objectives_of(const store::StudySpec& study) {
    std::vector<Objective> objectives;
    for (std::size_t i = 0; i < study.metrics.size(); ++i)
        objectives.push_back({.metric = study.metrics[i], .direction = study.directions[i]});
    return objectives;
}

std::optional<double> metric_of(const store::StudySpec& study,
                                const store::TrialRecord& trial,
                                std::string_view metric) {
    for (std::size_t i = 0; i < trial.values.size() && i < study.metrics.size(); ++i)
        if (study.metrics[i] == metric)
            return trial.values[i];
    const auto found = trial.metrics.find(metric);
    return found == trial.metrics.end() ? std::nullopt : std::optional(found->second);
}

Direction direction_of(const store::StudySpec& study, std::string_view metric) {
    const auto found = std::ranges::find(study.metrics, metric);
    if (found != study.metrics.end())
        return study.directions[static_cast<std::size_t>(found - study.metrics.begin())];
    return metric.ends_with("accuracy") ? Direction::maximize : Direction::minimize;
}

std::vector<std::pair<std::string, Scalar>> shown_params(const store::TrialRecord& trial) {
    std::vector<std::pair<std::string, Scalar>> shown;
    for (const store::ParamRecord& param : trial.params) {
        const spaces::Domain domain = spaces::domain_from_distribution(param.distribution);
        shown.emplace_back(
            param.name, spaces::to_scalar(domain, spaces::from_internal(domain, param.internal)));
    }
    return shown;
}

Json pruned_json(const store::TrialRecord& trial) {
    const auto pruned = trial.system_attributes.find(kPruned);
    if (pruned == trial.system_attributes.end())
        return {};
    const Json json = attribute_json(pruned->second);
    const auto reason = json.find("reason");
    return reason != json.end() && reason->is_string() ? json : Json();
}

Json trial_json(const store::StudySpec& study, const store::TrialRecord& trial, Detail detail) {
    Json json = {{"number", trial.number},
                 {"state", std::string(to_string(trial.state))},
                 {"stage", std::string(to_string(trial.stage))},
                 {"fidelity", trial.fidelity},
                 {"seed", trial.seed}};
    Json params = Json::object();
    for (const auto& [name, value] : shown_params(trial))
        params[name] = parnas::to_json(value);
    json["params"] = std::move(params);
    Json values = Json::object();
    for (std::size_t i = 0; i < trial.values.size() && i < study.metrics.size(); ++i)
        values[study.metrics[i]] = trial.values[i];
    json["values"] = std::move(values);
    json["metrics"] = numbers_json(trial.metrics, detail);
    if (!trial.reports.empty()) {
        Json reports = Json::array();
        for (const auto& [step, value] : trial.reports)
            reports.push_back({{"step", step}, {"value", value}});
        json["reports"] = std::move(reports);
    }
    if (trial.failure)
        json["failure"] = {{"kind", std::string(to_string(trial.failure->kind))},
                           {"reason", trial.failure->reason}};
    if (Json pruned = pruned_json(trial); pruned.is_object())
        json["pruned"] = std::move(pruned);
    if (trial.reused_from)
        json["reused_from"] = *trial.reused_from;
    if (trial.architecture)
        json["architecture"] = to_string(*trial.architecture);
    if (trial.warm_start)
        json["warm_start"] = to_string(*trial.warm_start);
    if (trial.weights)
        json["weights"] = to_string(*trial.weights);
    for (const auto& [key, text] : trial.user_attributes)
        json["attributes"][key] = attribute_json(text);
    if (detail == Detail::everything) {
        json["attempt"] = trial.attempt;
        json["cost_seconds"] = trial.cost.count();
        if (trial.started)
            json["started"] = parnas::to_string(*trial.started);
        if (trial.finished)
            json["finished"] = parnas::to_string(*trial.finished);
    }
    return json;
}

Json phase_json(const store::PhaseRecord& phase, Detail detail) {
    Json json = {{"index", phase.index},
                 {"name", phase.name},
                 {"told", phase.told},
                 {"settings", attribute_json(phase.settings)},
                 {"metrics", numbers_json(phase.metrics, detail)}};
    if (!phase.attachment.empty())
        json["attachment"] = attribute_json(phase.attachment);
    if (phase.warm_start)
        json["warm_start"] = to_string(*phase.warm_start);
    if (phase.checkpoint) {
        json["checkpoint"] = to_string(*phase.checkpoint);
        json["kept"] = phase.kept;
    }
    if (detail == Detail::everything) {
        json["cost_seconds"] = phase.cost.count();
        json["started"] = parnas::to_string(phase.started);
        json["finished"] = parnas::to_string(phase.finished);
    }
    return json;
}

std::vector<std::string> metric_names(const store::StudySpec& study,
                                      std::span<const store::TrialRecord> trials,
                                      Detail detail) {
    std::vector<std::string> names = study.metrics;
    std::set<std::string> others;
    for (const store::TrialRecord& trial : trials)
        for (const auto& [name, value] : trial.metrics)
            if (is_shown(name, detail) && std::ranges::find(names, name) == names.end())
                others.insert(name);
    names.insert(names.end(), others.begin(), others.end());
    return names;
}

std::vector<std::string> metric_names(std::span<const store::PhaseRecord> phases, Detail detail) {
    std::set<std::string> names;
    for (const store::PhaseRecord& phase : phases)
        for (const auto& [name, value] : phase.metrics)
            if (is_shown(name, detail))
                names.insert(name);
    return {names.begin(), names.end()};
}

}  // namespace parnas::search
