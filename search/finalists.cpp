// SPDX-License-Identifier: Apache-2.0
#include "search/finalists.h"

#include <algorithm>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "search/front_keeper.h"
#include "search/pareto.h"

namespace parnas::search {
namespace {

Proposal propose(const Trial& trial, const store::TrialRecord& record, const JobSpec& job) {
    const bool inherits =
        job.finalists_from == FinalistStart::inherited && record.warm_start.has_value();
    return {.genotype = trial.genotype,
            .stage = Stage::finalist,
            .warm_start = inherits ? record.warm_start : std::nullopt,
            .attributes = {{"reason",
                            fmt::format("\"finalist: trial {}{}\"",
                                        trial.number,
                                        inherits ? ", with the weights that it inherited" : "")},
                           {"parents", fmt::format("[{}]", trial.number)}}};
}

}  // namespace

std::vector<Proposal> propose_finalists(std::span<const store::TrialRecord> trials,
                                        const TrialCodec& codec,
                                        const JobSpec& job) {
    ParetoArchive front;
    std::map<TrialNumber, Proposal> members;
    for (const store::TrialRecord& record : trials) {
        Trial trial = codec.to_trial(record, job);
        if (trial.stage != Stage::search || !may_enter_front(trial, record.fidelity))
            continue;
        front.insert(trial.number, std::move(trial.objectives));
        members[trial.number] = propose(trial, record, job);
    }
    std::vector<std::pair<Point, TrialNumber>> ranked;
    for (const auto& [number, point] : front.members())
        ranked.emplace_back(point, number);
    std::ranges::sort(ranked);
    ranked.resize(std::min(ranked.size(), static_cast<std::size_t>(job.finalists)));
    std::vector<Proposal> proposals;
    for (const auto& [point, number] : ranked)
        proposals.push_back(std::move(members.at(number)));
    return proposals;
}

}  // namespace parnas::search
