// SPDX-License-Identifier: Apache-2.0
#include "search/samplers/evolution/nsga2.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace parnas::search {
namespace {

Family least_crowded(std::vector<Individual> all, std::size_t count, Rng&) {
    const std::vector<Fitness> ranking = fitness(all);
    std::vector<std::size_t> order(all.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(order,
                             [&](std::size_t a, std::size_t b) { return ranking[a] < ranking[b]; });
    order.resize(std::min(order.size(), count));
    Family family;
    for (const std::size_t i : order) {
        family.members.push_back(std::move(all[i]));
        family.ranking.push_back(ranking[i]);
    }
    return family;
}

}  // namespace

GenerationOptions read_nsga2(ObjectReader& options) {
    return read_generations(options, 1);
}

std::unique_ptr<Sampler> make_nsga2_sampler(const GenerationOptions& options,
                                            const SamplerSetup& setup) {
    return make_generation_sampler(options, setup, least_crowded);
}

}  // namespace parnas::search
