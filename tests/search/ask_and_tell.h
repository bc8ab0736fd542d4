// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <functional>
#include <limits>
#include <span>
#include <vector>

#include "search/sampler.h"
#include "spaces/param.h"

namespace parnas::tests {

// The objectives (minimised) of a genotype; an empty vector fails the trial.
using Objectives = std::function<std::vector<double>(const Genotype&)>;

inline search::KnownFacts genotype_facts(const Genotype& genotype) {
    return {.identity = spaces::hash(genotype)};
}

// One ask for trial `number`, with the generator a driver would give.
inline std::vector<search::Proposal> ask(search::Sampler& sampler,
                                         const spaces::SearchSpace& space,
                                         TrialNumber number,
                                         std::span<const Candidate> pending,
                                         std::uint64_t seed,
                                         std::size_t count = 1) {
    Rng rng = Rng(seed).fork("ask").fork(static_cast<std::uint64_t>(number));
    const search::Known known = genotype_facts;
    return sampler.ask(
        {.space = space, .number = number, .pending = pending, .rng = rng, .known = known}, count);
}

inline search::Trial finished(TrialNumber number, Genotype genotype, const Objectives& objectives) {
    search::Trial trial{.number = number, .genotype = std::move(genotype)};
    trial.objectives = objectives(trial.genotype);
    if (trial.objectives.empty())
        trial.state = TrialState::fail;
    return trial;
}

// Trials of a search without workers, until `count` or exhaustion.
inline std::vector<search::Trial> ask_and_tell(search::Sampler& sampler,
                                               const spaces::SearchSpace& space,
                                               const Objectives& objectives,
                                               TrialNumber count,
                                               std::uint64_t seed) {
    std::vector<search::Trial> trials;
    for (TrialNumber number = 0; number < count; ++number) {
        const auto proposals = ask(sampler, space, number, {}, seed);
        if (proposals.empty())
            break;
        trials.push_back(finished(number, proposals[0].genotype, objectives));
        sampler.tell({&trials.back(), 1});
    }
    return trials;
}

// The least first objective of trials that have one and meet the limits; infinity for none.
inline double best_of(std::span<const search::Trial> trials) {
    double best = std::numeric_limits<double>::infinity();
    for (const search::Trial& trial : trials)
        if (!trial.objectives.empty() && trial.violation <= 0.0)
            best = std::min(best, trial.objectives.front());
    return best;
}

}  // namespace parnas::tests
