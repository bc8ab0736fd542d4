// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <vector>

#include "core/object_reader.h"
#include "core/rng.h"
#include "core/scalar.h"
#include "spaces/search_space.h"

namespace parnas::search {

// A point that a study tries first. Parameters that it does not name are drawn.
struct InitialPoint {
    Assignment values;
    std::string reason = "initial point";  // kept with its trial
};

// The key `initial`: a list of objects, each the values themselves ({lr: 0.1}), or `values` with
// a `reason`, and back.
std::vector<InitialPoint> read_initial_points(ObjectReader& job);
Json initial_points_json(std::span<const InitialPoint> points);

// Unknown parameters, values outside their domains, and values that no point of the space has
// together become faults under /initial.
void check_initial_points(std::span<const InitialPoint> points,
                          const spaces::SearchSpace& space,
                          Faults& faults);

// The same of the values of one point, under `pointer`.
void check_point(const Assignment& values,
                 const spaces::SearchSpace& space,
                 const std::string& pointer,
                 Faults& faults);

// A random feasible genotype in which these parameters are active and have these values.
// Throws Error(invalid_input) if 10,000 draws find none.
Genotype complete(const spaces::SearchSpace& space, const Assignment& values, Rng& rng);

}  // namespace parnas::search
