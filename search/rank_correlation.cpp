// SPDX-License-Identifier: Apache-2.0
#include "search/rank_correlation.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "core/error.h"

namespace parnas::search {
namespace {

constexpr int kSamples = 2000;
constexpr double kOutside = 0.025;  // of the samples, on either side of the interval

int sign(double difference) {
    return (difference > 0.0) - (difference < 0.0);
}

// The value below which `share` of the sorted ones lie, between neighbours by distance.
double quantile(const std::vector<double>& sorted, double share) {
    const double place = share * static_cast<double>(sorted.size() - 1);
    const auto below = static_cast<std::size_t>(place);
    const std::size_t above = std::min(below + 1, sorted.size() - 1);
    const double part = place - static_cast<double>(below);
    return sorted[below] + part * (sorted[above] - sorted[below]);
}

}  // namespace

std::optional<double> kendall_tau(std::span<const double> a, std::span<const double> b) {
    check(a.size() == b.size(), "a rank correlation is of pairs");
    const auto is_nan = [](double value) { return std::isnan(value); };
    check(std::ranges::none_of(a, is_nan) && std::ranges::none_of(b, is_nan), "a NaN has no rank");
    std::int64_t agreement = 0;  // pairs of pairs in the same order less those in opposite ones
    std::int64_t apart_a = 0;    // pairs of pairs that are not tied in a
    std::int64_t apart_b = 0;
    for (std::size_t i = 0; i < a.size(); ++i)
        for (std::size_t j = 0; j < i; ++j) {
            const int in_a = sign(a[i] - a[j]);
            const int in_b = sign(b[i] - b[j]);
            agreement += in_a * in_b;
            apart_a += in_a * in_a;
            apart_b += in_b * in_b;
        }
    if (apart_a == 0 || apart_b == 0)
        return std::nullopt;
    return static_cast<double>(agreement) /
           std::sqrt(static_cast<double>(apart_a) * static_cast<double>(apart_b));
}

std::optional<RankCorrelation> rank_correlation(std::span<const double> a,
                                                std::span<const double> b,
                                                Rng rng) {
    const std::optional<double> tau = kendall_tau(a, b);
    if (!tau)
        return std::nullopt;
    std::vector<double> taus{*tau};
    std::vector<double> drawn_a(a.size());
    std::vector<double> drawn_b(b.size());
    for (int sample = 0; sample < kSamples; ++sample) {
        for (std::size_t i = 0; i < a.size(); ++i) {
            const std::size_t drawn = rng.below(a.size());
            drawn_a[i] = a[drawn];
            drawn_b[i] = b[drawn];
        }
        if (const auto drawn = kendall_tau(drawn_a, drawn_b))
            taus.push_back(*drawn);
    }
    std::ranges::sort(taus);
    return RankCorrelation{.tau = *tau,
                           .low = quantile(taus, kOutside),
                           .high = quantile(taus, 1.0 - kOutside),
                           .count = a.size()};
}

}  // namespace parnas::search
