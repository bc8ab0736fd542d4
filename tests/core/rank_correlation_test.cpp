// SPDX-License-Identifier: Apache-2.0
#include "core/rank_correlation.h"

#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "core/error.h"
#include "tests/support/catch.h"

namespace parnas {
namespace {

using Values = std::vector<double>;

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

// Pairs that agree but for noise.
std::pair<Values, Values> noisy_pairs(std::size_t count, double noise) {
    Rng rng(5);
    Values a;
    Values b;
    for (std::size_t i = 0; i < count; ++i) {
        a.push_back(rng.uniform());
        b.push_back(a.back() + noise * rng.normal());
    }
    return {a, b};
}

}  // namespace

TEST_CASE("tau is 1 for the same order and -1 for the opposite one", "[core][rank_correlation]") {
    CHECK(kendall_tau(Values{1, 2, 3}, Values{10, 11, 50}) == 1.0);
    CHECK(kendall_tau(Values{1, 2, 3}, Values{9, 0, -9}) == -1.0);
    CHECK(kendall_tau(Values{2, 1}, Values{2, 1}) == 1.0);
}

TEST_CASE("tau counts the pairs in the same order", "[core][rank_correlation]") {
    // Of 6 pairs of pairs only (2, 3) is in the other order: (5 - 1) / 6.
    CHECK(kendall_tau(Values{1, 2, 3, 4}, Values{1, 3, 2, 4}).value() == Approx(4.0 / 6.0));
    // (3, 1), (3, 2) and (5, 4) are in the other order: (7 - 3) / 10.
    CHECK(kendall_tau(Values{1, 2, 3, 4, 5}, Values{3, 1, 2, 5, 4}).value() == Approx(0.4));
}

TEST_CASE("ties take part in tau-b as its definition says", "[core][rank_correlation]") {
    // Pairs of pairs: (1,2) tied in a; (3,4) tied in b; the four others agree.
    // 4 / sqrt(5 * 5).
    CHECK(kendall_tau(Values{1, 1, 2, 3}, Values{1, 2, 3, 3}).value() == Approx(0.8));
    // (1,2) tied in both: 5 agree of 5 and 5 that are apart.
    CHECK(kendall_tau(Values{1, 1, 2, 3}, Values{4, 4, 5, 6}) == 1.0);
}

TEST_CASE("there is no tau without an order", "[core][rank_correlation]") {
    CHECK_FALSE(kendall_tau({}, {}));
    CHECK_FALSE(kendall_tau(Values{1}, Values{2}));
    CHECK_FALSE(kendall_tau(Values{1, 2, 3}, Values{7, 7, 7}));
    CHECK_FALSE(rank_correlation(Values{3, 3}, Values{1, 2}, Rng(1)));
    CHECK_THROWS_AS(kendall_tau(Values{1, kNaN}, Values{1, 2}), Error);
    CHECK_THROWS_AS(kendall_tau(Values{1}, Values{1, 2}), Error);
}

TEST_CASE("the interval holds tau and narrows with more pairs", "[core][rank_correlation]") {
    double width = 2.0;
    for (const std::size_t count : {10U, 40U, 160U}) {
        const auto [a, b] = noisy_pairs(count, 0.3);
        const RankCorrelation found = rank_correlation(a, b, Rng(2)).value();
        CHECK(found.count == count);
        CHECK(found.tau == kendall_tau(a, b));
        CHECK(found.low < found.tau);
        CHECK(found.tau < found.high);
        CHECK(found.low >= -1.0);
        CHECK(found.high <= 1.0);
        CHECK(found.high - found.low < width);
        width = found.high - found.low;
    }
}

// Of 40 samples of 30 independent pairs, fewer than 30 intervals that hold 0 would have a
// chance below 1e-6 if each of them did with 95 %.
TEST_CASE("the interval holds the true value of independent pairs", "[core][rank_correlation]") {
    Rng rng(11);
    int held = 0;
    for (int sample = 0; sample < 40; ++sample) {
        Values a(30);
        Values b(30);
        for (std::size_t i = 0; i < a.size(); ++i) {
            a[i] = rng.uniform();
            b[i] = rng.uniform();
        }
        const RankCorrelation found = rank_correlation(a, b, rng.fork(7)).value();
        held += found.low <= 0.0 && found.high >= 0.0 ? 1 : 0;
    }
    CHECK(held >= 30);
}

TEST_CASE("the interval is the same for the same generator", "[core][rank_correlation]") {
    const auto [a, b] = noisy_pairs(12, 0.5);
    CHECK(rank_correlation(a, b, Rng(3)) == rank_correlation(a, b, Rng(3)));
    CHECK_FALSE(rank_correlation(a, b, Rng(3)) == rank_correlation(a, b, Rng(4)));
}

TEST_CASE("Spearman's rho sees order alone and shares places", "[core][rank_correlation]") {
    CHECK(spearman_rho(Values{1, 2, 3}, Values{10, 100, 1000}).value() == Approx(1.0));
    CHECK(spearman_rho(Values{1, 2, 3}, Values{3, 2, 1}).value() == Approx(-1.0));
    CHECK_FALSE(spearman_rho(Values{1, 1, 1}, Values{3, 2, 1}));
    CHECK(mean_places(Values{5, 5, 1}) == Values{2.5, 2.5, 1});
    // Places 2.5, 2.5, 1 against 3, 2, 1: 1.5 / sqrt(1.5 * 2).
    CHECK(spearman_rho(Values{5, 5, 1}, Values{9, 8, 7}).value() == Approx(1.5 / std::sqrt(3.0)));
    CHECK_THROWS_AS(spearman_rho(Values{1, kNaN}, Values{1, 2}), Error);
}

}  // namespace parnas
