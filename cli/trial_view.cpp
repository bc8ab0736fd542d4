// SPDX-License-Identifier: Apache-2.0
#include "cli/trial_view.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "cli/text/numbers.h"

namespace parnas::cli {
namespace {

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

// Why it failed or was stopped early.
std::string end_text(const store::TrialRecord& trial) {
    const Json pruned = search::pruned_json(trial);
    return pruned.is_object() ? pruned.value("reason", std::string()) : failure_text(trial);
}

}  // namespace

std::string params_text(const store::TrialRecord& trial) {
    std::string text;
    for (const auto& [name, value] : shown_params(trial))
        text += (text.empty() ? "" : " ") + name + "=" + short_text(value);
    return text;
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
    const bool reasons =
        std::ranges::any_of(trials, [](const auto& trial) { return !end_text(trial).empty(); });

    Table table{.columns = {{"number", "trial"}, {"state", "state"}}, .rows = {}};
    if (finalists)
        table.columns.push_back({"stage", "stage"});
    for (const std::string& metric : metrics)
        table.columns.push_back({metric, metric_label(metric)});
    if (detail == Detail::everything)
        table.columns.push_back({"duration", "duration"});
    if (reasons)
        table.columns.push_back({"reason", "reason"});
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
        if (reasons)
            row.push_back(text_or_nothing(shortened(end_text(trial))));
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

Table phases_table(std::span<const store::PhaseRecord> phases, Detail detail) {
    Table table{.columns = {{"index", "index"}, {"name", "phase"}, {"told", "after trials"}},
                .rows = {}};
    const std::vector<std::string> metrics = metric_names(phases, detail);
    for (const std::string& metric : metrics)
        table.columns.push_back({metric, metric_label(metric)});
    if (detail == Detail::everything)
        for (const auto& [key, title] :
             {std::pair("cost_seconds", "cost (s)"), std::pair("finished", "finished (UTC)")})
            table.columns.push_back({key, title});
    for (const store::PhaseRecord& phase : phases) {
        std::vector<Scalar> row{phase.index, phase.name, phase.told};
        for (const std::string& metric : metrics) {
            const auto found = phase.metrics.find(metric);
            row.push_back(found == phase.metrics.end() ? Scalar() : found->second);
        }
        if (detail == Detail::everything) {
            row.emplace_back(phase.cost.count());
            row.emplace_back(to_string(phase.finished).substr(0, 19));
        }
        table.rows.push_back(std::move(row));
    }
    return table;
}

}  // namespace parnas::cli
