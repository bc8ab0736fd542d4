// SPDX-License-Identifier: Apache-2.0
#include "search/multi_fidelity/promoter.h"

#include <algorithm>
#include <numeric>
#include <tuple>

namespace parnas::search {
namespace {

// Those within all limits by the objective, behind them the others by their violation.
std::vector<std::size_t> best_by_one_objective(const std::vector<Entrant>& entrants) {
    std::vector<std::tuple<double, double, TrialNumber, std::size_t>> keys;
    for (std::size_t i = 0; i < entrants.size(); ++i) {
        const Individual& each = entrants[i].individual;
        const bool feasible = each.violation <= 0.0;
        keys.emplace_back(
            feasible ? 0.0 : each.violation, feasible ? each.objectives[0] : 0.0, each.number, i);
    }
    std::ranges::sort(keys);
    std::vector<std::size_t> order;
    for (const auto& key : keys)
        order.push_back(std::get<3>(key));
    return order;
}

}  // namespace

std::vector<std::size_t> best_first(const std::vector<Entrant>& entrants) {
    if (!entrants.empty() && entrants[0].individual.objectives.size() == 1)
        return best_by_one_objective(entrants);
    std::vector<Individual> individuals;
    for (const Entrant& each : entrants)
        individuals.push_back(each.individual);
    const std::vector<Fitness> ranks = fitness(individuals);
    std::vector<std::size_t> order(entrants.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::sort(order, [&](std::size_t a, std::size_t b) {
        if (ranks[a] < ranks[b] || ranks[b] < ranks[a])
            return ranks[a] < ranks[b];
        return individuals[a].number < individuals[b].number;
    });
    return order;
}

}  // namespace parnas::search
