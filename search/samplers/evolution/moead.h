// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "search/samplers/evolution/subproblems.h"

namespace parnas::search {

struct MoeadOptions {
    std::size_t population = 20;
    Scalarisation scalar = Scalarisation::tchebycheff;
    std::size_t neighbours = 10;  // no worse than 3, 5 and 20 on ZDT1, ZDT2 and DTLZ2
};

// Throws nothing; faults go to the reader. Keys: population (4..100000), scalar (tchebycheff,
// pbi), neighbours (2..100000).
MoeadOptions read_moead(ObjectReader& options);

// MOEA/D (Zhang and Li, IEEE TEC 11(6), 2007), a trial at a time: a child for a subproblem drawn
// at random, of its member and one of its neighbours', nine times in ten, or of anybody's, by
// crossover and mutation of one parameter on average. As many subproblems as the population has
// places for (directions.h); random trials until so many were told. Nothing is proposed twice.
std::unique_ptr<Sampler> make_moead_sampler(const MoeadOptions& options, const SamplerSetup& setup);

}  // namespace parnas::search
