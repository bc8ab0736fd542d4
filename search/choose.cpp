// SPDX-License-Identifier: Apache-2.0
#include "search/choose.h"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

namespace parnas::search {
namespace {

using store::TrialRecord;

bool has_all(const Limits& limits, const TrialRecord& trial) {
    return std::ranges::all_of(
        limits, [&](const auto& limit) { return trial.metrics.contains(limit.first); });
}

bool meets(const Limits& limits, const TrialRecord& trial) {
    return has_all(limits, trial) && violation(limits, trial.metrics) <= 0.0;
}

double excess(const Limits& limits, const TrialRecord& trial) {
    return has_all(limits, trial) ? violation(limits, trial.metrics)
                                  : std::numeric_limits<double>::infinity();
}

std::optional<TrialRecord> best(const std::vector<TrialRecord>& trials,
                                const Limits& limits,
                                Direction direction) {
    const TrialRecord* best = nullptr;
    const double sign = direction == Direction::maximize ? -1.0 : 1.0;
    for (const TrialRecord& trial : trials)
        if (meets(limits, trial) &&
            (best == nullptr || sign * trial.values[0] < sign * best->values[0]))
            best = &trial;
    return best == nullptr ? std::nullopt : std::optional(*best);
}

std::vector<std::string> broken(const Limits& limits, const TrialRecord& trial) {
    std::vector<std::string> sentences;
    for (const auto& [metric, limit] : limits) {
        const auto found = judged_metric(metric, trial.metrics);
        if (found == trial.metrics.end())
            sentences.push_back(fmt::format("trial {} has no {}", trial.number, metric));
        else if (!(found->second <= limit))
            sentences.push_back(fmt::format("{} {} of trial {} is over the limit of {}",
                                            found->first,
                                            found->second,
                                            trial.number,
                                            limit));
    }
    return sentences;
}

std::vector<TrialRecord> finalists_of(const store::Store& store,
                                      StudyId study,
                                      const ChoiceRules& rules) {
    std::vector<TrialRecord> trials = store.trials(study);
    std::erase_if(trials, [&](const TrialRecord& trial) {
        return trial.stage != Stage::finalist || trial.state != TrialState::complete ||
               violation(rules.of_job, trial.metrics) > 0.0;
    });
    return trials;
}

std::vector<TrialRecord> candidates_of(const store::Store& store,
                                       StudyId study,
                                       const ChoiceRules& rules) {
    std::vector<TrialRecord> trials;
    if (!rules.elsewhere) {
        for (const TrialNumber number : store.front(study))
            trials.push_back(store.trial(study, number));
        return trials;
    }
    trials = store.trials(study);
    std::erase_if(trials, [](const TrialRecord& trial) {
        return trial.state != TrialState::complete || trial.fidelity < 1.0;
    });
    return trials;
}

// With the metrics that the limits are about.
std::vector<TrialRecord> amended(std::vector<TrialRecord> trials, const ChoiceRules& rules) {
    for (TrialRecord& trial : trials) {
        if (rules.elsewhere)
            trial.metrics = rules.elsewhere(trial);
        if (!rules.confidence)
            continue;
        if (const auto upper = latency_upper_ms(trial.metrics, *rules.confidence))
            trial.metrics[std::string(kLatencyUpper)] = *upper;
    }
    return trials;
}

}  // namespace

Choice choose(const store::Store& store, StudyId study, const ChoiceRules& rules) {
    const Direction direction = store.study(study).spec.directions.at(0);
    const std::vector<TrialRecord> finalists = amended(finalists_of(store, study, rules), rules);
    if (auto finalist = best(finalists, rules.limits, direction))
        return {.trial = std::move(finalist)};
    const std::vector<TrialRecord> trials = amended(candidates_of(store, study, rules), rules);
    if (auto trial = best(trials, rules.limits, direction))
        return {.trial = std::move(trial)};
    if (trials.empty())
        return {.unmet = {"no trial is complete and within the limits of the job"}};
    const TrialRecord& nearest = *std::ranges::min_element(
        trials, {}, [&](const TrialRecord& trial) { return excess(rules.limits, trial); });
    return {.unmet = broken(rules.limits, nearest), .nearest = nearest};
}

}  // namespace parnas::search
