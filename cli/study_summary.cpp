// SPDX-License-Identifier: Apache-2.0
#include "cli/study_summary.h"

#include <algorithm>
#include <array>
#include <sstream>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "cli/audit_session.h"
#include "cli/job.h"
#include "cli/text/numbers.h"
#include "cli/text/shell.h"
#include "search/reestimates.h"

namespace parnas::cli {
namespace {

constexpr std::array kStates{TrialState::complete,
                             TrialState::pruned,
                             TrialState::fail,
                             TrialState::running,
                             TrialState::waiting};

// Only trials of the full training budget can be the best ones.
std::optional<BestValue> best_of(const store::StudySpec& study,
                                 std::size_t objective,
                                 const std::vector<store::TrialRecord>& trials) {
    const Direction direction = study.directions[objective];
    std::optional<BestValue> best;
    for (const store::TrialRecord& trial : trials) {
        if (trial.state != TrialState::complete || trial.fidelity < 1.0 ||
            trial.values.size() <= objective)
            continue;
        const double value = trial.values[objective];
        if (!best || (direction == Direction::minimize ? value < best->value : value > best->value))
            best = {study.metrics[objective], direction, value, trial.number};
    }
    return best;
}

std::string trials_text(const StudySummary& summary) {
    // Counted as they were read: a study that is being driven has more by now.
    std::int64_t count = 0;
    std::string parts;
    for (const TrialState state : kStates)
        if (const auto found = summary.trials.find(state); found != summary.trials.end()) {
            count += found->second;
            // Trials of a search that stopped or was killed wait to be resumed.
            const bool unfinished = state == TrialState::running && !summary.driver;
            parts += fmt::format("{}{} {}",
                                 parts.empty() ? "" : ", ",
                                 found->second,
                                 unfinished ? "unfinished" : to_string(state));
        }
    return parts.empty() ? "0" : fmt::format("{} ({})", count, parts);
}

// "14 (shrink 2, supernet 12)"
std::string phases_text(const StudySummary& summary) {
    std::int64_t count = 0;
    std::string parts;
    for (const auto& [name, of_name] : summary.phases) {
        count += of_name;
        parts += fmt::format("{}{} {}", parts.empty() ? "" : ", ", name, of_name);
    }
    return fmt::format("{} ({})", count, parts);
}

// "0.93 (trial 17)"
std::string best_text(const BestValue& best) {
    return fmt::format("{} (trial {})", short_number(best.value), best.trial);
}

// "host:17". A running study without a driver was killed.
std::string driver_text(const StudySummary& summary) {
    if (summary.driver)
        return fmt::format("{}:{}", summary.driver->host, summary.driver->pid);
    return fmt::format("nobody: go on with `parnas resume {}`",
                       shell_word(summary.study.spec.name));
}

// Why nothing came of the study, in lines; empty if a trial is complete or none failed.
std::string failure_text(const StudySummary& summary) {
    if (!summary.last_failure || summary.trials.contains(TrialState::complete))
        return "";
    const auto& [trial, failure] = *summary.last_failure;
    std::string text = fmt::format(
        "No trial is complete. Trial {} failed last, {}:\n", trial, to_string(failure.kind));
    std::istringstream lines(failure.reason);
    for (std::string line; std::getline(lines, line);)
        text += "  " + printable(line) + '\n';
    return text;
}

// Of studies with a job; several objectives need a reference for their hypervolume.
std::optional<search::ExpectedGain> expected_gain_of(
    const store::StudyRecord& study,
    const std::vector<store::TrialRecord>& trials) {
    if (study.spec.job.empty())
        return std::nullopt;
    const search::JobSpec job = stored_job(study);
    std::vector<double> reference;
    if (job.objectives.size() > 1) {
        if (!job.hypervolume_reference)
            return std::nullopt;
        reference = search::minimised(job.objectives, *job.hypervolume_reference);
    }
    return search::expected_gain(search::Yield(job, trials), reference, kMoreTrials, job.seed);
}

// "12 latencies, 3 of them over a limit, 1 refused"
std::string measured_text(const search::MeasuringTally& tally) {
    std::string text =
        fmt::format("{} latenc{}", tally.measured, tally.measured == 1 ? "y" : "ies");
    if (!tally.broken.empty())
        text += fmt::format(", {} of them over a limit", tally.broken.size());
    if (tally.refused > 0)
        text += fmt::format(", {} refused by the machine", tally.refused);
    return text;
}

std::string gain_text(const StudySummary& summary) {
    const search::ExpectedGain& expected = *summary.expected_gain;
    return fmt::format(
        "{} ({} to {}) of {} by {} more trials",
        short_number(expected.gain),
        short_number(expected.low),
        short_number(expected.high),
        summary.study.spec.metrics.size() > 1 ? "hypervolume" : summary.study.spec.metrics.front(),
        expected.more);
}

Json to_json(const std::optional<search::ExpectedGain>& expected) {
    if (!expected)
        return {};
    return {{"trials", expected->more},
            {"gain", expected->gain},
            {"low", expected->low},
            {"high", expected->high}};
}

Json to_json(const std::optional<FailedTrial>& failed) {
    if (!failed)
        return {};
    return {{"trial", failed->trial},
            {"kind", std::string(to_string(failed->failure.kind))},
            {"reason", failed->failure.reason}};
}

}  // namespace

StudySummary summarise(const store::Store& store, const store::StudyRecord& study) {
    StudySummary summary{.study = study};
    summary.driver = store.holder(study.id);
    const store::StudyAttributes attributes = store.attributes(study.id);
    summary.annotations = store::annotations_of_study(attributes);
    summary.audit = search::audit_of(attributes);
    const std::vector<store::TrialRecord> trials = search::current_trials(store, study.id);
    summary.measuring = search::measuring_tally(trials);
    summary.last = study.created;
    for (const store::TrialRecord& trial : trials) {
        ++summary.trials[trial.state];
        summary.cost += trial.cost;
        for (const auto& time : {trial.started, trial.finished})
            summary.last = std::max(summary.last, time.value_or(summary.last));
        if (auto strategy = search::chosen_strategy(trial))
            summary.strategy = std::move(strategy);
        if (trial.failure)
            summary.last_failure = {trial.number, *trial.failure};
    }
    for (const store::PhaseRecord& phase : store.phases(study.id)) {
        ++summary.phases[phase.name];
        summary.cost += phase.cost;
        summary.last = std::max(summary.last, phase.finished);
    }
    for (std::size_t objective = 0; objective < study.spec.metrics.size(); ++objective)
        if (auto best = best_of(study.spec, objective, trials))
            summary.best.push_back(std::move(*best));
    if (const auto history = store.front_history(study.id); !history.empty()) {
        summary.front = history.back().members;
        summary.hypervolume = history.back().hypervolume;
    }
    summary.expected_gain = expected_gain_of(study, trials);
    return summary;
}

Table studies_table(const std::vector<StudySummary>& summaries) {
    const bool phases = std::ranges::any_of(
        summaries, [](const StudySummary& summary) { return summary.study.phases > 0; });
    Table table{.columns = {{"name", "study"}, {"state", "state"}, {"trials", "trials"}},
                .rows = {}};
    if (phases)
        table.columns.push_back({"phases", "phases"});
    for (const auto& [key, title] : {std::pair("objectives", "objectives"),
                                     std::pair("best", "best of the first"),
                                     std::pair("tags", "tags"),
                                     std::pair("created", "created (UTC)"),
                                     std::pair("reason", "reason")})
        table.columns.push_back({key, title});
    for (const StudySummary& summary : summaries) {
        const store::StudyRecord& study = summary.study;
        const bool has_best =
            !summary.best.empty() && summary.best.front().metric == study.spec.metrics.front();
        std::vector<Scalar> row{study.spec.name, std::string(to_string(study.state)), study.trials};
        if (phases)
            row.emplace_back(study.phases);
        row.emplace_back(objectives_text(study.spec));
        row.push_back(text_or_nothing(has_best ? best_text(summary.best.front()) : std::string()));
        row.push_back(text_or_nothing(tags_text(summary.annotations.tags)));
        row.emplace_back(to_string(study.created).substr(0, 19));
        row.push_back(text_or_nothing(study.state_reason));
        table.rows.push_back(std::move(row));
    }
    return table;
}

Table summary_table(const StudySummary& summary) {
    Table table{.columns = {}, .rows = {{}}};
    const auto add = [&](std::string key, std::string title, Scalar value) {
        table.columns.push_back({std::move(key), std::move(title)});
        table.rows.front().push_back(std::move(value));
    };
    const store::StudyRecord& study = summary.study;
    add("name", "study", study.spec.name);
    add("state",
        "state",
        std::string(to_string(study.state)) +
            (study.state_reason.empty() ? "" : " (" + study.state_reason + ")"));
    const bool unfinished = study.state == store::StudyState::running && !study.spec.job.empty();
    if (summary.driver || unfinished)
        add("driver", "driven by", driver_text(summary));
    add("objectives", "objectives", objectives_text(study.spec));
    if (summary.strategy)
        add("strategy",
            "strategy",
            fmt::format("{} (auto: {})", summary.strategy->type, summary.strategy->reason));
    add("trials", "trials", trials_text(summary));
    if (!summary.phases.empty())
        add("phases", "phases", phases_text(summary));
    for (const BestValue& best : summary.best)
        add("best_" + best.metric, "best " + metric_label(best.metric), best_text(best));
    if (!summary.annotations.tags.empty())
        add("tags", "tags", tags_text(summary.annotations.tags));
    if (!summary.annotations.note.empty())
        add("note", "note", shortened(summary.annotations.note));
    if (!summary.measuring.empty())
        add("measured", "measured", measured_text(summary.measuring));
    add("front",
        "front",
        fmt::format("{} trial{}", summary.front.size(), summary.front.size() == 1 ? "" : "s"));
    if (summary.hypervolume)
        add("hypervolume", "hypervolume", *summary.hypervolume);
    if (summary.expected_gain)
        add("expected_gain", "expected gain", gain_text(summary));
    if (summary.audit)
        add("audit", "audit", ranking_text(*summary.audit));
    add("created", "created (UTC)", to_string(study.created).substr(0, 19));
    add("last", "last active", to_string(summary.last).substr(0, 19));
    add("span", "time span", short_duration(summary.last - study.created));
    add("cost", "evaluations", short_duration(summary.cost));
    return table;
}

Json to_json(const StudySummary& summary) {
    const store::StudyRecord& study = summary.study;
    Json trials = Json::object();
    for (const TrialState state : kStates) {
        const auto found = summary.trials.find(state);
        trials[std::string(to_string(state))] = found == summary.trials.end() ? 0 : found->second;
    }
    Json best = Json::array();
    for (const BestValue& each : summary.best)
        best.push_back({{"metric", each.metric},
                        {"direction", std::string(to_string(each.direction))},
                        {"value", each.value},
                        {"trial", each.trial}});
    Json strategy;
    if (summary.strategy)
        strategy = {{"type", summary.strategy->type}, {"reason", summary.strategy->reason}};
    return {{"name", study.spec.name},
            {"strategy", std::move(strategy)},
            {"state", std::string(to_string(study.state))},
            {"reason", study.state_reason},
            {"driver",
             summary.driver ? Json{{"host", summary.driver->host}, {"pid", summary.driver->pid}}
                            : Json()},
            {"trials", std::move(trials)},
            {"phases", summary.phases},
            {"best", std::move(best)},
            {"last_failure", to_json(summary.last_failure)},
            {"measuring", summary.measuring.empty() ? Json() : search::to_json(summary.measuring)},
            {"front", summary.front},
            {"hypervolume", summary.hypervolume ? Json(*summary.hypervolume) : Json()},
            {"expected_gain", to_json(summary.expected_gain)},
            {"created", to_string(study.created)},
            {"last", to_string(summary.last)},
            {"span_seconds", Seconds(summary.last - study.created).count()},
            {"cost_seconds", summary.cost.count()},
            {"audit", summary.audit ? search::audit_json(*summary.audit) : Json()},
            {"tags", summary.annotations.tags},
            {"note", summary.annotations.note}};
}

void print(Console& console, const StudySummary& summary) {
    if (console.output == OutputFormat::json) {
        print(console, to_json(summary));
        return;
    }
    print_record(console, summary_table(summary));
    if (const std::string failure = failure_text(summary);
        !failure.empty() && console.output == OutputFormat::table)
        console.out << '\n' << failure;
}

std::string objectives_text(const store::StudySpec& study) {
    std::string text;
    for (std::size_t i = 0; i < study.metrics.size(); ++i)
        text += fmt::format(
            "{}{} {}", i == 0 ? "" : ", ", to_string(study.directions[i]), study.metrics[i]);
    return text;
}

std::string tags_text(const std::vector<std::string>& tags) {
    return fmt::format("{}", fmt::join(tags, ", "));
}

}  // namespace parnas::cli
