// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "search/samplers/evolution/directions.h"
#include "search/samplers/ranking.h"

namespace parnas::search {

// How a direction turns several objectives into one.
//   tchebycheff  the largest of the objectives, each over its weight
//   pbi          the length along the direction, and five times the distance from it
enum class Scalarisation { tchebycheff, pbi };

// Of a point whose objectives are at least 0; less is better. A weight of 0 counts as 1e-6.
double scalar_value(Scalarisation scalar,
                    std::span<const double> point,
                    std::span<const double> direction);

// One subproblem for each direction, with the best trial for it so far (MOEA/D, Zhang and Li,
// IEEE TEC 11(6), 2007). Objectives are measured between the best values of all trials and the
// worst of the members. Subproblems with like directions are neighbours.
class Subproblems {
  public:
    // `neighbours`: how many each has, itself the first of them; at most as many as directions.
    Subproblems(Directions directions, Scalarisation scalar, std::size_t neighbours);

    std::size_t size() const { return directions_.size(); }
    // Nobody until a trial came for it or one near it.
    const std::optional<Individual>& member(std::size_t subproblem) const {
        return members_[subproblem];
    }
    // Nearest first.
    std::span<const std::size_t> neighbours(std::size_t subproblem) const {
        return neighbours_[subproblem];
    }

    // Puts a trial into the subproblem that it suits best and into its neighbours, where it is
    // better than their members, at most into two (Wang et al., IEEE TCYB 46(2), 2016; Li and
    // Zhang, IEEE TEC 13(2), 2009). A trial within all limits is better than one outside; of
    // two outside the one with less violation.
    void place(const Individual& individual);

  private:
    std::vector<double> scaled(const Individual& individual) const;
    void place_within(const Individual& individual);
    void place_outside(const Individual& individual);
    void widen_scale(const Individual& individual);

    Directions directions_;
    Scalarisation scalar_;
    std::vector<std::vector<std::size_t>> neighbours_;
    std::vector<std::optional<Individual>> members_;
    std::vector<double> ideal_;
    std::vector<double> worst_;
};

}  // namespace parnas::search
