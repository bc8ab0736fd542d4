// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

#include <Eigen/Core>

#include "core/rng.h"
#include "search/gp/features.h"
#include "spaces/search_space.h"

namespace parnas::search {

// What is maximised over a space: a function of genotypes and their points.
struct Acquisition {
    // A value for each genotype; its point is a row of `points`.
    std::function<Eigen::VectorXd(std::span<const Genotype> genotypes, const Points& points)>
        values;
    // The value at a point near a genotype, which differs from that in numbers only; writes its
    // derivatives by coordinate.
    std::function<
        double(const Genotype& near, const Eigen::RowVectorXd& point, Eigen::RowVectorXd& gradient)>
        sloped;
    // Per axis of the features: how far the function changes little, in the unit of [0, 1].
    Eigen::VectorXd lengths;
};

struct MaximiseOptions {
    std::size_t spread = 1024;  // points of Sobol's sequence
    std::size_t near = 512;     // genotypes near to the incumbents
    std::size_t climbs = 8;     // local searches
    int steps = 30;             // of L-BFGS in each
};

struct Maximum {
    Genotype genotype;
    double value = 0.0;
};

// Genotypes of large values, the best first: the ends of local searches, then where they began,
// then the other best candidates; all of them feasible and different.
//
// Searches begin at the first incumbent, at the best candidate and at others that are drawn by
// exp(value) (as in Optuna 5). Numbers of many values move by L-BFGS, every other parameter to
// the best of its values in turn, until neither helps. `incumbents`: good genotypes, best first.
std::vector<Maximum> maximise(const Acquisition& acquisition,
                              const Features& features,
                              const spaces::SearchSpace& space,
                              std::span<const Genotype> incumbents,
                              const MaximiseOptions& options,
                              Rng& rng);

}  // namespace parnas::search
