// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "search/sampler.h"
#include "search/samplers/ranking.h"

namespace parnas::search {

// Parents, with what their tournaments compare.
struct Family {
    std::vector<Individual> members;
    std::vector<Fitness> ranking;  // one per member
};

// Who of a generation and its parents is to live on: at most `count` of them. The generator
// depends on the study's seed and the generation.
using Survival = std::function<Family(std::vector<Individual> all, std::size_t count, Rng& rng)>;

struct GenerationOptions {
    std::size_t population = 20;
    // How many trials make a generation, the first one apart; by default the population.
    std::optional<std::size_t> offspring;
    double crossover = 0.9;  // probability, in [0, 1]
};

// Throws nothing; faults go to the reader. Keys: population (4..100000), crossover (0..1),
// offspring (1..100000; by default population / parts).
GenerationOptions read_generations(ObjectReader& options, std::size_t parts);

// Evolution by generations: random trials at first; children of two parents that won binary
// tournaments, by crossover and mutation of one parameter on average. Whenever `population`
// comparable trials were told, and later `offspring`, `survive` chooses the next `population`
// parents. Nothing is proposed twice.
std::unique_ptr<Sampler> make_generation_sampler(const GenerationOptions& options,
                                                 const SamplerSetup& setup,
                                                 Survival survive);

}  // namespace parnas::search
