// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "cli/commands/commands.h"
#include "cli/servers.h"
#include "cli/stores.h"
#include "cli/study_summary.h"
#include "cli/trial_view.h"

namespace parnas::cli {
namespace {

void keep_states(const std::vector<std::string>& words, std::vector<store::TrialRecord>& trials) {
    std::vector<TrialState> states;
    for (const std::string& word : words)
        try {
            states.push_back(trial_state_from_string(word));
        } catch (const Error& error) {
            throw Error(error.kind(), error.what(), "--state");
        }
    if (!states.empty())
        std::erase_if(trials, [&](const auto& trial) {
            return std::ranges::find(states, trial.state) == states.end();
        });
}

// Best first; trials without the metric come last, in their order.
void sort_by(const std::string& metric,
             const store::StudySpec& study,
             std::vector<store::TrialRecord>& trials) {
    const std::vector<std::string> known = metric_names(study, trials, Detail::everything);
    if (std::ranges::find(known, metric) == known.end())
        throw Error(
            ErrorKind::invalid_input,
            fmt::format(
                "no trial has the metric '{}'; known are: {}", metric, fmt::join(known, ", ")),
            "--sort");
    const double sign = direction_of(study, metric) == Direction::maximize ? -1.0 : 1.0;
    std::ranges::stable_sort(trials, {}, [&](const store::TrialRecord& trial) {
        const double value = sign * metric_of(study, trial, metric).value_or(NAN);
        return std::pair(std::isnan(value), std::isnan(value) ? 0.0 : value);
    });
}

void keep_tag(const std::string& tag,
              const store::StudyAttributes& attributes,
              std::vector<store::TrialRecord>& trials) {
    std::erase_if(trials, [&](const store::TrialRecord& trial) {
        const auto tags = store::annotations_of_trial(attributes, trial).tags;
        return std::ranges::find(tags, tag) == tags.end();
    });
}

// A column for the tags, if a trial has any.
void add_tags(const store::StudyAttributes& attributes,
              const std::vector<store::TrialRecord>& trials,
              Table& table) {
    std::vector<Scalar> cells;
    for (const store::TrialRecord& trial : trials) {
        const std::string tags = tags_text(store::annotations_of_trial(attributes, trial).tags);
        cells.push_back(tags.empty() ? Scalar() : Scalar(tags));
    }
    if (std::ranges::all_of(cells, [](const Scalar& cell) { return cell == Scalar(); }))
        return;
    table.columns.push_back({"tags", "tags"});
    for (std::size_t i = 0; i < cells.size(); ++i)
        table.rows[i].push_back(std::move(cells[i]));
}

// What people wrote is no part of what two runs of a job have in common.
Json annotated(Json json, const store::Annotations& annotations) {
    if (!annotations.tags.empty())
        json["tags"] = annotations.tags;
    if (!annotations.note.empty())
        json["note"] = annotations.note;
    return json;
}

}  // namespace

int run(const TrialsOptions& options, const GlobalOptions& global, Console& console) {
    const auto store = open_to_read(global, options.server);
    const store::StudyRecord study = find_study(*store, options.study);
    std::vector<store::TrialRecord> trials = store->trials(study.id);
    const store::StudyAttributes attributes = store->attributes(study.id);
    keep_states(options.states, trials);
    if (options.tag)
        keep_tag(*options.tag, attributes, trials);
    if (options.sort)
        sort_by(*options.sort, study.spec, trials);
    if (options.limit && *options.limit < std::ssize(trials))
        trials.resize(static_cast<std::size_t>(*options.limit));

    if (console.output == OutputFormat::json) {
        Json json = Json::array();
        for (const store::TrialRecord& trial : trials) {
            Json entry = trial_json(study.spec, trial, options.detail);
            json.push_back(
                options.detail == Detail::comparable
                    ? std::move(entry)
                    : annotated(std::move(entry), store::annotations_of_trial(attributes, trial)));
        }
        print(console, json);
        return 0;
    }
    Table table = console.output == OutputFormat::csv
                      ? wide_trials_table(study.spec, trials, options.detail)
                      : trials_table(study.spec, trials, options.detail, options.sort);
    if (options.detail == Detail::everything)
        add_tags(attributes, trials, table);
    print(console, table);
    return 0;
}

}  // namespace parnas::cli
