// SPDX-License-Identifier: Apache-2.0
#include "search/samplers/evolution/nsga3.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "search/fronts/non_dominated_sort.h"
#include "search/samplers/evolution/directions.h"
#include "search/samplers/evolution/niching.h"

namespace parnas::search {
namespace {

// Who fills `count` places: whole fronts, and the one that fits in part. Indices of individuals.
struct Fronts {
    std::vector<std::size_t> whole;
    std::vector<std::size_t> last;
};

Fronts fronts_up_to(const std::vector<std::size_t>& by_rank,
                    const std::vector<Fitness>& ranking,
                    std::size_t count) {
    Fronts fronts;
    auto begin = by_rank.begin();
    while (begin != by_rank.end() && fronts.whole.size() < count && fronts.last.empty()) {
        const auto end = std::find_if(begin, by_rank.end(), [&](std::size_t i) {
            return ranking[i].rank != ranking[*begin].rank;
        });
        const bool fits = fronts.whole.size() + static_cast<std::size_t>(end - begin) <= count;
        std::copy(begin, end, std::back_inserter(fits ? fronts.whole : fronts.last));
        begin = end;
    }
    return fronts;
}

// So many of the last front as fill up the whole ones.
std::vector<std::size_t> chosen_of_last(const std::vector<Individual>& all,
                                        const Fronts& fronts,
                                        const Directions& directions,
                                        std::size_t places,
                                        Rng& rng) {
    std::vector<std::size_t> individuals = fronts.whole;
    individuals.insert(individuals.end(), fronts.last.begin(), fronts.last.end());
    std::vector<double> values;
    for (const std::size_t i : individuals)
        std::ranges::copy(all[i].objectives, std::back_inserter(values));
    const PointRows points{.values = values, .objectives = directions.front().size()};
    std::vector<std::size_t> first;
    const std::vector<std::size_t> ranks = non_dominated_sort(points);
    for (std::size_t i = 0; i < ranks.size(); ++i)
        if (ranks[i] == 0)
            first.push_back(i);
    const std::vector<Niche> found = niches(laid_on_plane(points, first), directions);
    const auto split = found.begin() + static_cast<std::ptrdiff_t>(fronts.whole.size());
    std::vector<std::size_t> chosen;
    for (const std::size_t i :
         fill_niches({found.begin(), split}, {split, found.end()}, directions.size(), places, rng))
        chosen.push_back(fronts.last[i]);
    return chosen;
}

Family near_directions(std::vector<Individual> all,
                       std::size_t count,
                       const Directions& directions,
                       Rng& rng) {
    const std::vector<Fitness> ranking = fitness(all);
    std::vector<std::size_t> within;
    std::vector<std::size_t> outside;  // of the limits
    for (std::size_t i = 0; i < all.size(); ++i)
        (all[i].violation > 0.0 ? outside : within).push_back(i);
    for (std::vector<std::size_t>* each : {&within, &outside})
        std::ranges::stable_sort(*each, {}, [&](std::size_t i) { return ranking[i].rank; });
    const Fronts fronts = fronts_up_to(within, ranking, count);
    std::vector<std::size_t> survivors = fronts.whole;
    if (!fronts.last.empty())
        std::ranges::copy(chosen_of_last(all, fronts, directions, count - fronts.whole.size(), rng),
                          std::back_inserter(survivors));
    outside.resize(std::min(outside.size(), count - survivors.size()));
    survivors.insert(survivors.end(), outside.begin(), outside.end());
    Family family;
    for (const std::size_t i : survivors) {
        family.ranking.push_back({.rank = ranking[i].rank});
        family.members.push_back(std::move(all[i]));
    }
    return family;
}

}  // namespace

GenerationOptions read_nsga3(ObjectReader& options) {
    return read_generations(options, 4);
}

std::unique_ptr<Sampler> make_nsga3_sampler(const GenerationOptions& options,
                                            const SamplerSetup& setup) {
    return make_generation_sampler(
        options,
        setup,
        [directions = directions_up_to(setup.objectives, options.population)](
            std::vector<Individual> all, std::size_t count, Rng& rng) {
            return near_directions(std::move(all), count, directions, rng);
        });
}

}  // namespace parnas::search
