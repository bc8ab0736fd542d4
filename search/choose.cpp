// SPDX-License-Identifier: Apache-2.0
#include "search/choose.h"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "search/reestimates.h"

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
    std::vector<TrialRecord> trials = current_trials(store, study);
    std::erase_if(trials, [&](const TrialRecord& trial) {
        return trial.stage != Stage::finalist || trial.state != TrialState::complete ||
               violation(rules.of_job, trial.metrics) > 0.0;
    });
    return trials;
}

std::vector<TrialRecord> candidates_of(const store::Store& store,
                                       StudyId study,
                                       const ChoiceRules& rules) {
    const std::vector<TrialNumber> front = store.front(study);
    std::vector<TrialRecord> trials = current_trials(store, study);
    std::erase_if(trials, [&](const TrialRecord& trial) {
        return rules.elsewhere ? trial.state != TrialState::complete || trial.fidelity < 1.0
                               : !std::ranges::binary_search(front, trial.number);
    });
    return trials;
}

// As it is on the other target, its objectives too. False: not at all.
bool move_elsewhere(const store::StudySpec& study, const ChoiceRules& rules, TrialRecord& trial) {
    std::optional<Metrics> metrics = rules.elsewhere(trial);
    if (!metrics)
        return false;
    trial.metrics = *std::move(metrics);
    for (std::size_t i = 0; i < trial.values.size(); ++i)
        if (const auto found = trial.metrics.find(study.metrics[i]); found != trial.metrics.end())
            trial.values[i] = found->second;
    return true;
}

// With the metrics that the limits are about; without those that cannot run elsewhere.
std::vector<TrialRecord> amended(std::vector<TrialRecord> trials,
                                 const store::StudySpec& study,
                                 const ChoiceRules& rules) {
    if (rules.elsewhere)
        std::erase_if(trials,
                      [&](TrialRecord& trial) { return !move_elsewhere(study, rules, trial); });
    if (rules.confidence)
        for (TrialRecord& trial : trials)
            if (const auto upper = latency_upper_ms(trial.metrics, *rules.confidence))
                trial.metrics[std::string(kLatencyUpper)] = *upper;
    return trials;
}

}  // namespace

Choice choose(const store::Store& store, StudyId study, const ChoiceRules& rules) {
    const store::StudySpec spec = store.study(study).spec;
    const Direction direction = spec.directions.at(0);
    const auto finalists = amended(finalists_of(store, study, rules), spec, rules);
    if (auto finalist = best(finalists, rules.limits, direction))
        return {.trial = std::move(finalist)};
    const auto trials = amended(candidates_of(store, study, rules), spec, rules);
    if (auto trial = best(trials, rules.limits, direction))
        return {.trial = std::move(trial)};
    if (trials.empty())
        return {.unmet = {rules.elsewhere
                              ? "no complete trial can run on the target"
                              : "no trial is complete and within the limits of the job"}};
    const TrialRecord& nearest = *std::ranges::min_element(
        trials, {}, [&](const TrialRecord& trial) { return excess(rules.limits, trial); });
    return {.unmet = broken(rules.limits, nearest), .nearest = nearest};
}

}  // namespace parnas::search
