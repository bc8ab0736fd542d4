// SPDX-License-Identifier: Apache-2.0
#include "search/multi_fidelity/promoter.h"

#include <algorithm>
#include <numeric>
#include <tuple>

namespace parnas::search {

std::vector<std::size_t> best_first(const std::vector<Entrant>& entrants) {
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
