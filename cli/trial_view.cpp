// SPDX-License-Identifier: Apache-2.0
#include "cli/trial_view.h"

#include <algorithm>
#include <set>

#include <nlohmann/json.hpp>

#include "cli/text/numbers.h"
#include "spaces/distribution.h"

namespace parnas::cli {
namespace {

bool is_duration(std::string_view metric) {
    return metric.ends_with("_seconds");
}

bool is_shown(std::string_view metric, Detail detail) {
    return detail == Detail::everything || !is_duration(metric);
}

Scalar or_nothing(const std::optional<double>& value) {
    return value ? Scalar(*value) : Scalar();
}

std::optional<Seconds> duration(const store::TrialRecord& trial) {
    if (!trial.started || !trial.finished)
        return std::nullopt;
    return Seconds(*trial.finished - *trial.started);
}

std::string failure_text(const store::TrialRecord& trial) {
    if (!trial.failure)
        return {};
    return std::string(to_string(trial.failure->kind)) + ": " + trial.failure->reason;
}

Scalar text_or_nothing(std::string text) {
    return text.empty() ? Scalar() : Scalar(std::move(text));
}

Json numbers_json(const std::map<std::string, double, std::less<>>& numbers, Detail detail) {
    Json json = Json::object();
    for (const auto& [name, value] : numbers)
        if (is_shown(name, detail))
            json[name] = value;
    return json;
}

}  // namespace

std::vector<std::pair<std::string, Scalar>> shown_params(const store::TrialRecord& trial) {
    std::vector<std::pair<std::string, Scalar>> shown;
    for (const store::ParamRecord& param : trial.params) {
        const spaces::Domain domain = spaces::domain_from_distribution(param.distribution);
        shown.emplace_back(
            param.name, spaces::to_scalar(domain, spaces::from_internal(domain, param.internal)));
    }
    return shown;
}

std::string params_text(const store::TrialRecord& trial) {
    std::string text;
    for (const auto& [name, value] : shown_params(trial))
        text += (text.empty() ? "" : " ") + name + "=" + short_text(value);
    return text;
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
    if (trial.reused_from)
        json["reused_from"] = *trial.reused_from;
    if (trial.architecture)
        json["architecture"] = to_string(*trial.architecture);
    if (trial.warm_start)
        json["warm_start"] = to_string(*trial.warm_start);
    if (trial.weights)
        json["weights"] = to_string(*trial.weights);
    if (!trial.user_attributes.empty())
        for (const auto& [key, text] : trial.user_attributes)
            json["attributes"][key] = Json::parse(text, nullptr, false);
    if (detail == Detail::everything) {
        json["attempt"] = trial.attempt;
        json["cost_seconds"] = trial.cost.count();
        if (trial.started)
            json["started"] = to_string(*trial.started);
        if (trial.finished)
            json["finished"] = to_string(*trial.finished);
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

Table trials_table(const store::StudySpec& study,
                   std::span<const store::TrialRecord> trials,
                   Detail detail,
                   const std::optional<std::string>& also) {
    std::vector<std::string> metrics = study.metrics;
    if (also && std::ranges::find(metrics, *also) == metrics.end())
        metrics.push_back(*also);
    const bool finalists = std::ranges::any_of(
        trials, [](const auto& trial) { return trial.stage == Stage::finalist; });
    const bool failures =
        std::ranges::any_of(trials, [](const auto& trial) { return trial.failure.has_value(); });

    Table table{.columns = {{"number", "trial"}, {"state", "state"}}, .rows = {}};
    if (finalists)
        table.columns.push_back({"stage", "stage"});
    for (const std::string& metric : metrics)
        table.columns.push_back({metric, metric_label(metric)});
    if (detail == Detail::everything)
        table.columns.push_back({"duration", "duration"});
    if (failures)
        table.columns.push_back({"failure", "failure"});
    table.columns.push_back({"params", "parameters"});

    for (const store::TrialRecord& trial : trials) {
        std::vector<Scalar> row{trial.number, std::string(to_string(trial.state))};
        if (finalists)
            row.emplace_back(std::string(to_string(trial.stage)));
        for (const std::string& metric : metrics)
            row.push_back(or_nothing(metric_of(study, trial, metric)));
        if (detail == Detail::everything) {
            const auto took = duration(trial);
            row.push_back(took ? Scalar(short_duration(*took)) : Scalar());
        }
        if (failures)
            row.push_back(text_or_nothing(shortened(failure_text(trial))));
        row.emplace_back(shortened(params_text(trial)));
        table.rows.push_back(std::move(row));
    }
    return table;
}

Table wide_trials_table(const store::StudySpec& study,
                        std::span<const store::TrialRecord> trials,
                        Detail detail) {
    Table table{.columns = {{"number", ""},
                            {"state", ""},
                            {"stage", ""},
                            {"fidelity", ""},
                            {"failure", ""}},
                .rows = {}};
    const std::vector<std::string> metrics = metric_names(study, trials, detail);
    for (const std::string& metric : metrics)
        table.columns.push_back({metric, ""});
    if (detail == Detail::everything)
        for (const char* key : {"started", "finished", "cost_seconds"})
            table.columns.push_back({key, ""});
    std::vector<std::string> params;
    for (const store::TrialRecord& trial : trials)
        for (const store::ParamRecord& param : trial.params)
            if (std::ranges::find(params, param.name) == params.end())
                params.push_back(param.name);
    for (const std::string& param : params)
        table.columns.push_back({"params." + param, ""});

    for (const store::TrialRecord& trial : trials) {
        std::vector<Scalar> row{trial.number,
                                std::string(to_string(trial.state)),
                                std::string(to_string(trial.stage)),
                                trial.fidelity,
                                text_or_nothing(failure_text(trial))};
        for (const std::string& metric : metrics)
            row.push_back(or_nothing(metric_of(study, trial, metric)));
        if (detail == Detail::everything) {
            row.push_back(text_or_nothing(trial.started ? to_string(*trial.started) : ""));
            row.push_back(text_or_nothing(trial.finished ? to_string(*trial.finished) : ""));
            row.emplace_back(trial.cost.count());
        }
        const auto shown = shown_params(trial);
        for (const std::string& param : params) {
            const auto found =
                std::ranges::find(shown, param, [](const auto& entry) { return entry.first; });
            row.push_back(found == shown.end() ? Scalar() : found->second);
        }
        table.rows.push_back(std::move(row));
    }
    return table;
}

}  // namespace parnas::cli
