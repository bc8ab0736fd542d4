// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <string>

#include "search/sampler.h"

namespace parnas::search {

struct GridOptions {
    // How many values of a number, by parameter; both ends are among them, and the steps are
    // even on its scale. The others have all their values, or `real_points` without a step.
    std::map<std::string, std::size_t, std::less<>> points;
    std::size_t real_points = 5;
    bool shuffled = true;  // else in order, the last parameter changing first
};

// Throws nothing; faults go to the reader. Keys: points (a number for all reals, or
// {parameter: number}; 1..10000), order (shuffled, lexicographic).
GridOptions read_grid(ObjectReader& options, const spaces::SearchSpace& space);

// Every point of a grid once; parameters count only where they are active. The grid is
// computed, not kept. Throws Error(invalid_input) if it has more than 2^63 points, or a
// parameter without `points` has more than 10^6 values.
std::unique_ptr<Sampler> make_grid_sampler(const GridOptions& options, const SamplerSetup& setup);

}  // namespace parnas::search
