// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "core/rng.h"
#include "core/trial.h"

namespace parnas::search {

struct Interval95 {
    double low = 0.0;
    double high = 0.0;
};

// As many of the values as there are, drawn with replacement.
std::vector<double> resampled(std::span<const double> values, Rng& rng);

// The middle 95 % of 10,000 values of a statistic of resampled data (Efron's percentile interval).
// Too narrow for fewer than about ten values.
Interval95 bootstrap_interval(const std::function<double(Rng&)>& statistic, Rng& rng);

enum class Verdict {
    first,           // is better
    second,          // is better
    undecided,       // no difference that chance would not make
    too_few_values,  // no outcome of the test could decide anything
};
std::string_view to_string(Verdict verdict);

// Two groups of results, one for each run.
struct Comparison {
    bool paired = false;
    std::size_t first_runs = 0;
    std::size_t second_runs = 0;
    double first_median = 0.0;
    double second_median = 0.0;
    Interval95 first_interval;
    Interval95 second_interval;
    // Second less first: the median of the pairs' differences, or the difference of the medians.
    double difference = 0.0;
    Interval95 difference_interval;
    // The effect: the chance that a run of the first is better than its partner, or than any run
    // of the second; equal ones count half (Vargha and Delaney's A, JEBS 25(2), 2000).
    double first_wins = 0.0;
    double p = 1.0;        // two-sided: signed ranks of pairs, or rank sums
    double least_p = 1.0;  // that as many runs can give
    Verdict verdict = Verdict::too_few_values;
};

inline constexpr double kLevel = 0.05;  // below which p decides

// `first[i]` and `second[i]` belong together (one seed). Both of these throw Error(internal) for
// no values, and for NaN.
Comparison compare_pairs(std::span<const double> first,
                         std::span<const double> second,
                         Direction direction,
                         Rng& rng);
Comparison compare_groups(std::span<const double> first,
                          std::span<const double> second,
                          Direction direction,
                          Rng& rng);

}  // namespace parnas::search
