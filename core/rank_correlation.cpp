// SPDX-License-Identifier: Apache-2.0
#include "core/rank_correlation.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <vector>

#include "core/error.h"

namespace parnas {
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

void check_pairs(std::span<const double> a, std::span<const double> b) {
    check(a.size() == b.size(), "a rank correlation is of pairs");
    const auto is_nan = [](double value) { return std::isnan(value); };
    check(std::ranges::none_of(a, is_nan) && std::ranges::none_of(b, is_nan), "a NaN has no rank");
}

}  // namespace

std::optional<double> kendall_tau(std::span<const double> a, std::span<const double> b) {
    check_pairs(a, b);
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

std::vector<double> mean_places(std::span<const double> values) {
    std::vector<std::size_t> order(values.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::sort(order, {}, [values](std::size_t i) { return values[i]; });
    std::vector<double> places(values.size());
    for (std::size_t begin = 0, end = 0; begin < order.size(); begin = end) {
        while (end < order.size() && values[order[end]] == values[order[begin]])
            ++end;
        for (std::size_t i = begin; i < end; ++i)
            places[order[i]] = 0.5 * static_cast<double>(begin + 1 + end);
    }
    return places;
}

std::optional<double> spearman_rho(std::span<const double> a, std::span<const double> b) {
    check_pairs(a, b);
    const std::vector<double> places_a = mean_places(a);
    const std::vector<double> places_b = mean_places(b);
    const double middle = 0.5 * static_cast<double>(a.size() + 1);
    double product = 0.0;
    double square_a = 0.0;
    double square_b = 0.0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        const double from_a = places_a[i] - middle;
        const double from_b = places_b[i] - middle;
        product += from_a * from_b;
        square_a += from_a * from_a;
        square_b += from_b * from_b;
    }
    if (square_a == 0.0 || square_b == 0.0)
        return std::nullopt;
    return product / std::sqrt(square_a * square_b);
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

}  // namespace parnas
