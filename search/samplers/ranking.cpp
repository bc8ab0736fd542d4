// SPDX-License-Identifier: Apache-2.0
#include "search/samplers/ranking.h"

#include <algorithm>
#include <iterator>

#include "search/fronts/crowding.h"
#include "search/fronts/non_dominated_sort.h"

namespace parnas::search {
namespace {

// Fitness of the individuals that meet all limits; returns the number of fronts.
std::size_t rank_feasible(const std::vector<Individual>& individuals,
                          std::vector<Fitness>& result) {
    std::vector<std::size_t> feasible;
    std::vector<double> values;
    for (std::size_t i = 0; i < individuals.size(); ++i)
        if (individuals[i].violation <= 0.0) {
            feasible.push_back(i);
            std::ranges::copy(individuals[i].objectives, std::back_inserter(values));
        }
    const PointRows points{
        .values = values,
        .objectives = feasible.empty() ? 0 : individuals[feasible[0]].objectives.size()};
    const std::vector<std::size_t> ranks = non_dominated_sort(points);
    std::vector<std::vector<std::size_t>> fronts;
    for (std::size_t i = 0; i < ranks.size(); ++i) {
        fronts.resize(std::max(fronts.size(), ranks[i] + 1));
        fronts[ranks[i]].push_back(i);
    }
    std::vector<double> members;
    for (std::size_t rank = 0; rank < fronts.size(); ++rank) {
        members.clear();
        for (const std::size_t i : fronts[rank])
            std::ranges::copy(points[i], std::back_inserter(members));
        const std::vector<double> crowding =
            crowding_distances({.values = members, .objectives = points.objectives});
        for (std::size_t j = 0; j < crowding.size(); ++j)
            result[feasible[fronts[rank][j]]] = {.rank = rank, .crowding = crowding[j]};
    }
    return fronts.size();
}

}  // namespace

bool is_comparable(const Trial& trial) {
    return trial.state == TrialState::complete ||
           (trial.state == TrialState::fail && trial.violation > 0.0);
}

Individual to_individual(const Trial& trial) {
    return {.number = trial.number,
            .genotype = trial.genotype,
            .objectives = trial.objectives,
            .violation = trial.violation};
}

bool better(const Individual& a, const Individual& b) {
    if (a.violation > 0.0 || b.violation > 0.0)
        return a.violation < b.violation;
    return dominates(a.objectives, b.objectives);
}

std::vector<Fitness> fitness(const std::vector<Individual>& individuals) {
    std::vector<Fitness> result(individuals.size());
    std::size_t rank = rank_feasible(individuals, result);
    std::vector<std::size_t> violating;
    for (std::size_t i = 0; i < individuals.size(); ++i)
        if (individuals[i].violation > 0.0)
            violating.push_back(i);
    std::ranges::stable_sort(
        violating, {}, [&](std::size_t i) { return individuals[i].violation; });
    for (std::size_t i = 0; i < violating.size(); ++i) {
        const bool tied =
            i > 0 && individuals[violating[i]].violation == individuals[violating[i - 1]].violation;
        if (i > 0 && !tied)
            ++rank;
        result[violating[i]].rank = rank;
    }
    return result;
}

}  // namespace parnas::search
