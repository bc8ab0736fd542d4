// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "core/rng.h"

namespace parnas {

// Kendall's tau-b of pairs (a[i], b[i]): 1 if both put them in the same order, -1 if in
// opposite ones, ties counted as in Kendall, "The treatment of ties in ranking problems",
// Biometrika 33(3), 1945. Nullopt where there is no order: fewer than two pairs, or all values
// of one side equal. Throws Error(internal) for a NaN or sides of unequal length. Quadratic.
std::optional<double> kendall_tau(std::span<const double> a, std::span<const double> b);

// Each value's place among them from 1 for the least, equal ones sharing the mean of theirs.
std::vector<double> mean_places(std::span<const double> values);

// Spearman's rho of pairs: the correlation of the sides' mean_places(). Nullopt and errors as of
// kendall_tau(). O(n log n).
std::optional<double> spearman_rho(std::span<const double> a, std::span<const double> b);

// What is known of tau from a sample of pairs.
struct RankCorrelation {
    double tau = 0.0;
    // The middle 95 % of tau over 2,000 samples of as many pairs, drawn from these with
    // replacement (Efron's percentile interval). Too narrow for samples below about ten.
    double low = 0.0;
    double high = 0.0;
    std::size_t count = 0;  // of pairs

    bool operator==(const RankCorrelation&) const = default;
};

// Nullopt where there is no tau. Samples without one are left out of the interval.
std::optional<RankCorrelation> rank_correlation(std::span<const double> a,
                                                std::span<const double> b,
                                                Rng rng);

}  // namespace parnas
