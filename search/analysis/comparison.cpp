// SPDX-License-Identifier: Apache-2.0
#include "search/analysis/comparison.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "core/error.h"
#include "search/analysis/course.h"
#include "search/analysis/rank_sum.h"
#include "search/signed_rank.h"

namespace parnas::search {
namespace {

constexpr std::size_t kBootstrapSamples = 10'000;

double median(std::vector<double> values) {
    return quantile(std::move(values), 0.5);
}

Interval95 median_interval(std::span<const double> values, Rng& rng) {
    return bootstrap_interval([values](Rng& own) { return median(resampled(values, own)); }, rng);
}

// 1 for a better first value, 1/2 for equal ones.
double win(double first, double second, Direction direction) {
    if (first == second)
        return 0.5;
    return (first < second) == (direction == Direction::minimize) ? 1.0 : 0.0;
}

std::vector<double> copy_of(std::span<const double> values) {
    return {values.begin(), values.end()};
}

std::vector<double> negated(std::vector<double> values) {
    for (double& value : values)
        value = -value;
    return values;
}

// What both kinds of comparison have in common.
Comparison describe(std::span<const double> first, std::span<const double> second, Rng& rng) {
    check(!first.empty() && !second.empty(), "both sides of a comparison have values");
    return {.first_runs = first.size(),
            .second_runs = second.size(),
            .first_median = median(copy_of(first)),
            .second_median = median(copy_of(second)),
            .first_interval = median_interval(first, rng),
            .second_interval = median_interval(second, rng)};
}

// What one-sided tests say for either side: small where its values are larger.
void set_verdict(double first_larger,
                 double second_larger,
                 Direction direction,
                 Comparison& comparison) {
    comparison.p = std::min(1.0, 2.0 * std::min(first_larger, second_larger));
    if (comparison.least_p > kLevel)
        comparison.verdict = Verdict::too_few_values;
    else if (comparison.p > kLevel)
        comparison.verdict = Verdict::undecided;
    else
        comparison.verdict = (first_larger < second_larger) == (direction == Direction::maximize)
                                 ? Verdict::first
                                 : Verdict::second;
}

}  // namespace

std::string_view to_string(Verdict verdict) {
    constexpr std::array<std::string_view, 4> kWords{
        "first", "second", "undecided", "too_few_values"};
    return kWords[static_cast<std::size_t>(verdict)];
}

std::vector<double> resampled(std::span<const double> values, Rng& rng) {
    std::vector<double> drawn(values.size());
    std::ranges::generate(drawn, [&] { return values[rng.below(values.size())]; });
    return drawn;
}

Interval95 bootstrap_interval(const std::function<double(Rng&)>& statistic, Rng& rng) {
    std::vector<double> drawn(kBootstrapSamples);
    std::ranges::generate(drawn, [&] { return statistic(rng); });
    return {.low = quantile(drawn, 0.025), .high = quantile(drawn, 0.975)};
}

Comparison compare_pairs(std::span<const double> first,
                         std::span<const double> second,
                         Direction direction,
                         Rng& rng) {
    check(first.size() == second.size(), "pairs have two sides");
    Comparison comparison = describe(first, second, rng);
    comparison.paired = true;
    std::vector<double> differences;
    for (std::size_t i = 0; i < first.size(); ++i) {
        differences.push_back(second[i] - first[i]);
        comparison.first_wins += win(first[i], second[i], direction);
    }
    comparison.first_wins /= static_cast<double>(first.size());
    comparison.difference = median(differences);
    comparison.difference_interval = median_interval(differences, rng);
    comparison.least_p = std::min(1.0, std::ldexp(2.0, -static_cast<int>(first.size())));
    set_verdict(
        signed_rank_p(negated(differences)), signed_rank_p(differences), direction, comparison);
    return comparison;
}

Comparison compare_groups(std::span<const double> first,
                          std::span<const double> second,
                          Direction direction,
                          Rng& rng) {
    Comparison comparison = describe(first, second, rng);
    for (const double a : first)
        for (const double b : second)
            comparison.first_wins += win(a, b, direction);
    comparison.first_wins /= static_cast<double>(first.size() * second.size());
    comparison.difference = comparison.second_median - comparison.first_median;
    comparison.difference_interval = bootstrap_interval(
        [first, second](Rng& own) {
            return median(resampled(second, own)) - median(resampled(first, own));
        },
        rng);
    const auto n = static_cast<double>(first.size());
    const auto m = static_cast<double>(second.size());
    comparison.least_p = std::min(
        1.0, 2.0 * std::exp(std::lgamma(n + 1) + std::lgamma(m + 1) - std::lgamma(n + m + 1)));
    set_verdict(rank_sum_p(first, second), rank_sum_p(second, first), direction, comparison);
    return comparison;
}

}  // namespace parnas::search
