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

using Ranked = std::pair<Point, TrialNumber>;

// A tenth of the front's range behind its worst values, so that its ends count as well.
Point reference_behind(const std::vector<Point>& front) {
    Point reference = worst_point(front);
    for (std::size_t i = 0; i < reference.size(); ++i) {
        const auto value = [i](const Point& point) { return point[i]; };
        const double best = std::ranges::min(front, {}, value)[i];
        reference[i] += std::max(0.1 * (reference[i] - best), 1e-9);
    }
    return reference;
}

// Brings those to the beginning that one after the other add most to the hypervolume.
void spread(std::vector<Ranked>& ranked, std::size_t count) {
    std::vector<Point> front;
    for (const Ranked& each : ranked)
        front.push_back(each.first);
    const Point reference = reference_behind(front);
    std::vector<Point> chosen;
    for (auto next = ranked.begin(); chosen.size() < std::min(count, ranked.size()); ++next) {
        const auto gain = [&](const Ranked& each) {
            std::vector<Point> with = chosen;
            with.push_back(each.first);
            return hypervolume(with, reference);
        };
        std::iter_swap(next,
                       std::max_element(next, ranked.end(), [&](const auto& a, const auto& b) {
                           return gain(a) < gain(b);
                       }));
        chosen.push_back(next->first);
    }
}

}  // namespace

std::vector<Proposal> propose_finalists(std::span<const store::TrialRecord> trials,
                                        const TrialCodec& codec,
                                        const JobSpec& job) {
    ParetoArchive front;
    std::map<TrialNumber, Proposal> members;
    for (const store::TrialRecord& record : trials) {
        Trial trial = codec.to_trial(record, job);
        if (trial.stage != Stage::search || !may_enter_front(trial))
            continue;
        front.insert(trial.number, std::move(trial.objectives));
        members[trial.number] = propose(trial, record, job);
    }
    std::vector<Ranked> ranked;
    for (const auto& [number, point] : front.members())
        ranked.emplace_back(point, number);
    std::ranges::sort(ranked);
    const auto count = static_cast<std::size_t>(job.finalists);
    if (job.finalists_choice == FinalistChoice::spread && !ranked.empty())
        spread(ranked, count);
    ranked.resize(std::min(ranked.size(), count));
    std::vector<Proposal> proposals;
    for (const auto& [point, number] : ranked)
        proposals.push_back(std::move(members.at(number)));
    return proposals;
}

}  // namespace parnas::search
