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
        const auto found = trial.metrics.find(metric);
        if (found == trial.metrics.end())
            sentences.push_back(fmt::format("trial {} has no {}", trial.number, metric));
        else if (!(found->second <= limit))
            sentences.push_back(fmt::format("{} {} of trial {} is over the limit of {}",
                                            metric,
                                            found->second,
                                            trial.number,
                                            limit));
    }
    return sentences;
}

}  // namespace

Choice choose(const store::Store& store,
              StudyId study,
              const Limits& limits,
              const Limits& of_job) {
    const Direction direction = store.study(study).spec.directions.at(0);
    std::vector<TrialRecord> trials = store.trials(study);
    std::erase_if(trials, [&](const TrialRecord& trial) {
        return trial.stage != Stage::finalist || trial.state != TrialState::complete ||
               violation(of_job, trial.metrics) > 0.0;
    });
    if (auto finalist = best(trials, limits, direction))
        return {.trial = std::move(finalist)};
    trials.clear();
    for (const TrialNumber number : store.front(study))
        trials.push_back(store.trial(study, number));
    if (auto trial = best(trials, limits, direction))
        return {.trial = std::move(trial)};
    if (trials.empty())
        return {.unmet = {"no trial is complete and within the limits of the job"}};
    const TrialRecord& nearest = *std::ranges::min_element(
        trials, {}, [&](const TrialRecord& trial) { return excess(limits, trial); });
    return {.unmet = broken(limits, nearest), .nearest = nearest};
}

}  // namespace parnas::search
