// SPDX-License-Identifier: Apache-2.0
#include "search/signed_rank.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

#include "core/error.h"
#include "core/rng.h"
#include "tests/support/catch.h"

namespace parnas::search {
namespace {

// The sum of the ranks of positive differences by definition: a difference is outranked by all
// that are larger, and shares with those as large.
double positive_rank_sum(const std::vector<double>& differences) {
    double sum = 0.0;
    for (const double each : differences) {
        double rank = 0.5;
        for (const double other : differences)
            rank += std::abs(other) < std::abs(each)    ? 1.0
                    : std::abs(other) == std::abs(each) ? 0.5
                                                        : 0.0;
        sum += each > 0.0 ? rank : 0.0;
    }
    return sum;
}

// The share of all sign assignments whose sum is as large.
double enumerated(const std::vector<double>& differences) {
    const double observed = positive_rank_sum(differences);
    const std::size_t all = std::size_t{1} << differences.size();
    std::size_t reached = 0;
    for (std::size_t signs = 0; signs < all; ++signs) {
        std::vector<double> flipped = differences;
        for (std::size_t i = 0; i < flipped.size(); ++i)
            if ((signs >> i & 1U) != 0)
                flipped[i] = -flipped[i];
        reached += positive_rank_sum(flipped) >= observed;
    }
    return static_cast<double>(reached) / static_cast<double>(all);
}

// With the textbook's tie correction; no zeros.
double normal_approximation(const std::vector<double>& differences) {
    const auto n = static_cast<double>(differences.size());
    double ties = 0.0;  // the sum of t^3 - t over the groups of t equal sizes
    for (const double each : differences) {
        const auto equal = static_cast<double>(std::ranges::count_if(
            differences, [&](double other) { return std::abs(other) == std::abs(each); }));
        ties += equal * equal - 1.0;
    }
    const double variance = n * (n + 1.0) * (2.0 * n + 1.0) / 24.0 - ties / 48.0;
    const double z = (positive_rank_sum(differences) - n * (n + 1.0) / 4.0) / std::sqrt(variance);
    return 0.5 * std::erfc(z / std::sqrt(2.0));
}

}  // namespace

TEST_CASE("p of the signed-rank test is that of all sign assignments", "[search][signed_rank]") {
    Rng rng(13);
    for (int i = 0; i < 400; ++i) {
        CAPTURE(i);
        std::vector<double> differences(rng.below(9));
        const bool ties = i % 2 == 0;  // and zeros
        for (double& each : differences)
            each = ties ? static_cast<double>(rng.integer(-2, 4)) : rng.normal();
        CHECK(signed_rank_p(differences) == enumerated(differences));
    }
}

TEST_CASE("p of the signed-rank test is that of published tables", "[search][signed_rank]") {
    // All of n differences positive: 2^-n.
    CHECK(signed_rank_p(std::vector{1.0}) == 0.5);
    CHECK(signed_rank_p(std::vector{1.0, 2.0, 3.0, 4.0}) == 1.0 / 16.0);
    // The negative ranks sum up to 10 of 55: the one-sided 5 % point for n = 10 (Wilcoxon 1945).
    CHECK(signed_rank_p(std::vector<double>{-1, -2, -3, -4, 5, 6, 7, 8, 9, 10}) ==
          Approx(0.0420).margin(0.0001));
    CHECK(signed_rank_p(std::vector<double>{-1, 2, 3, 4, 5, 6, 7, 8, -10, 9}) ==
          Approx(0.0527).margin(0.0001));
}

TEST_CASE("zeros and nothing at all speak for neither side", "[search][signed_rank]") {
    CHECK(signed_rank_p({}) == 1.0);
    CHECK(signed_rank_p(std::vector{0.0, -0.0, 0.0}) == 1.0);
    CHECK(signed_rank_p(std::vector{0.0, 0.0, 0.0, 1.0}) == 0.5);
    CHECK(signed_rank_p(std::vector{-1.0, -2.0}) == 1.0);
    CHECK_THROWS_AS(signed_rank_p(std::vector{1.0, std::numeric_limits<double>::quiet_NaN()}),
                    Error);
}

TEST_CASE("many differences are approximated, near the exact value", "[search][signed_rank]") {
    Rng rng(17);
    for (int i = 0; i < 100; ++i) {
        CAPTURE(i);
        std::vector<double> differences;
        const bool ties = i % 2 == 0;
        while (differences.size() < 51) {
            const double each = 0.2 + rng.normal();
            const double rounded = std::round(4.0 * each);
            if (rounded != 0.0)
                differences.push_back(ties ? rounded : each);
        }
        const double approximate = signed_rank_p(differences);
        CHECK(approximate == Approx(normal_approximation(differences)).epsilon(1e-9));
        // One difference less, of the least weight, is computed exactly.
        differences.erase(
            std::ranges::min_element(differences, {}, [](double each) { return std::abs(each); }));
        CHECK(normal_approximation(differences) ==
              Approx(signed_rank_p(differences)).margin(0.006));
    }
}

}  // namespace parnas::search
