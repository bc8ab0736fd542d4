// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "core/rng.h"
#include "search/architecture/architecture_features.h"
#include "spaces/search_space.h"

namespace parnas::search {

// Genotypes to choose from, and what a kernel sees of them: each point is there once, as a rule
// for all genotypes of one architecture.
struct Candidates {
    std::vector<ArchitecturePoint> points;
    std::vector<Genotype> genotypes;
    std::vector<std::size_t> point_of;  // an index of `points` for each genotype
};

// All feasible genotypes; the space must be finite.
Candidates all_candidates(const spaces::SearchSpace& space, const ArchitectureFeatures& features);

// `count` feasible ones, in general: three quarters of them differ from one of `best` in one or
// two parameters, the others are random.
Candidates near_candidates(const spaces::SearchSpace& space,
                           const ArchitectureFeatures& features,
                           std::span<const Genotype> best,
                           std::size_t count,
                           Rng& rng);

}  // namespace parnas::search
