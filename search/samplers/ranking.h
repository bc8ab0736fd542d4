// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

#include "search/sampler.h"

namespace parnas::search {

// A told trial that evolution can learn from.
struct Individual {
    TrialNumber number = 0;
    Genotype genotype;
    std::vector<double> objectives;  // minimised; empty for one that broke a limit unevaluated
    double violation = 0.0;
};

// True for complete trials and for those that failed by breaking a limit: how far they are
// off leads towards the feasible part.
bool is_comparable(const Trial& trial);
Individual to_individual(const Trial& trial);

// Constrained domination between two (Deb et al., IEEE TEC 6(2), 2002): within all limits
// before outside, then by domination or by violation.
bool better(const Individual& a, const Individual& b);

struct Fitness {
    std::size_t rank = 0;   // 0 is best
    double crowding = 0.0;  // larger is better within a rank

    // Better first.
    bool operator<(const Fitness& other) const {
        return rank != other.rank ? rank < other.rank : crowding > other.crowding;
    }
};

// The ranks of constrained domination: individuals that meet all limits by non-domination,
// then the others by violation. One entry per individual.
std::vector<Fitness> fitness(const std::vector<Individual>& individuals);

}  // namespace parnas::search
