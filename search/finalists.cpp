// SPDX-License-Identifier: Apache-2.0
#include "search/finalists.h"

#include <algorithm>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "search/front_keeper.h"
#include "search/pareto.h"

namespace parnas::search {

std::vector<Proposal> propose_finalists(std::span<const store::TrialRecord> trials,
                                        const TrialCodec& codec,
                                        const JobSpec& job) {
    ParetoArchive front;
    std::map<TrialNumber, Genotype> genotypes;
    for (const store::TrialRecord& record : trials) {
        Trial trial = codec.to_trial(record, job);
        if (trial.stage != Stage::search || !may_enter_front(trial, record.fidelity))
            continue;
        front.insert(trial.number, std::move(trial.objectives));
        genotypes[trial.number] = std::move(trial.genotype);
    }
    std::vector<std::pair<Point, TrialNumber>> ranked;
    for (const auto& [number, point] : front.members())
        ranked.emplace_back(point, number);
    std::ranges::sort(ranked);
    ranked.resize(std::min(ranked.size(), static_cast<std::size_t>(job.finalists)));
    std::vector<Proposal> proposals;
    for (const auto& [point, number] : ranked)
        proposals.push_back(
            {.genotype = genotypes.at(number),
             .stage = Stage::finalist,
             .attributes = {{"reason", fmt::format("\"finalist: trial {}\"", number)},
                            {"parents", fmt::format("[{}]", number)}}});
    return proposals;
}

}  // namespace parnas::search
