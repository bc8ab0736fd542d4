// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "core/rng.h"
#include "search/architecture/architecture_features.h"
#include "spaces/search_space.h"

namespace parnas::search {

// Genotypes to choose from, by what a kernel sees of them. Each point is there once, with all
// genotypes that have it: as a rule one architecture.
struct Candidates {
    std::vector<ArchitecturePoint> points;
    std::vector<std::vector<Genotype>> genotypes;  // of each point, at least one
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
