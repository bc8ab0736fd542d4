// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "search/sampler.h"

namespace parnas::search {

struct LocalSearchOptions {
    std::size_t initial = 1;  // a walk starts at the best of so many random points
};

// Throws nothing; faults go to the reader. Key: initial (1..10000).
LocalSearchOptions read_local_search(ObjectReader& options);

// Local search (White, Nolen and Savani, UAI 2021): the neighbours of a point are tried in
// random order, and the walk moves to the first better one. Where none is better it goes
// on from the point of the front that has most room around it and was not left so yet
// (after Pareto local search: Paquete, Chiarandini and Stuetzle, 2004; with one objective
// there is hardly ever such a point), else it starts again at random. Results are
// remembered by genotype: a walk passes known points for free. It goes on past pending
// trials as if they were no better.
std::unique_ptr<Sampler> make_local_search_sampler(const LocalSearchOptions& options,
                                                   const SamplerSetup& setup);

}  // namespace parnas::search
