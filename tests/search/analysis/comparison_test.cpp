// SPDX-License-Identifier: Apache-2.0
#include "search/analysis/comparison.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

#include "core/error.h"
#include "search/analysis/rank_sum.h"
#include "tests/support/catch.h"

namespace parnas::search {
namespace {

// By trying all ways to choose the first sample.
double enumerated_rank_sum(const std::vector<double>& a, const std::vector<double>& b) {
    std::vector<double> all = a;
    all.insert(all.end(), b.begin(), b.end());
    std::vector<double> ranks;
    for (const double each : all) {
        double rank = 0.5;
        for (const double other : all)
            rank += other < each ? 1.0 : other == each ? 0.5 : 0.0;
        ranks.push_back(rank);
    }
    double observed = 0.0;
    for (std::size_t i = 0; i < a.size(); ++i)
        observed += ranks[i];
    int ways = 0;
    int reached = 0;
    for (std::size_t set = 0; set < std::size_t{1} << all.size(); ++set) {
        std::size_t count = 0;
        double sum = 0.0;
        for (std::size_t i = 0; i < all.size(); ++i)
            if ((set >> i & 1U) != 0) {
                ++count;
                sum += ranks[i];
            }
        if (count == a.size()) {
            ++ways;
            reached += sum >= observed ? 1 : 0;
        }
    }
    return static_cast<double>(reached) / ways;
}

std::vector<double> normals(std::size_t count, double mean, Rng& rng) {
    std::vector<double> values(count);
    std::ranges::generate(values, [&] { return mean + rng.normal(); });
    return values;
}

}  // namespace

TEST_CASE("rank sums are tested over all ways to divide the values", "[search][analysis]") {
    Rng rng(1);
    for (int round = 0; round < 40; ++round) {
        std::vector<double> a(1 + rng.below(5));
        std::vector<double> b(1 + rng.below(5));
        for (auto* side : {&a, &b})
            for (double& value : *side)
                value = static_cast<double>(rng.below(6));  // with ties
        CHECK(rank_sum_p(a, b) == Approx(enumerated_rank_sum(a, b)));
    }
    CHECK(rank_sum_p({}, std::vector<double>{1.0}) == 1.0);
    CHECK_THROWS_AS(rank_sum_p(std::vector<double>{NAN}, std::vector<double>{1.0}), Error);
}

TEST_CASE("many rank sums are tested nearly as by shuffling", "[search][analysis]") {
    Rng rng(2);
    const std::vector<double> a = normals(30, 0.4, rng);
    const std::vector<double> b = normals(25, 0.0, rng);
    std::vector<double> all = a;
    all.insert(all.end(), b.begin(), b.end());
    std::ranges::sort(all);
    // Without ties: a value's rank is its place.
    const auto rank_sum = [&all](std::span<const double> values) {
        double sum = 0.0;
        for (const double value : values)
            sum += static_cast<double>(std::ranges::lower_bound(all, value) - all.begin());
        return sum;
    };
    const double observed = rank_sum(a);
    std::vector<double> shuffled = all;
    int reached = 0;
    for (int i = 0; i < 10'000; ++i) {
        rng.shuffle(std::span(shuffled));
        reached += rank_sum(std::span(shuffled).first(a.size())) >= observed ? 1 : 0;
    }
    CHECK(rank_sum_p(a, b) == Approx(reached / 10'000.0).margin(0.01));
    const std::vector<double> equal(60, 1.0);
    CHECK(rank_sum_p(equal, equal) == 1.0);
}

TEST_CASE("pairs that all agree decide, with as few as six", "[search][analysis]") {
    Rng rng(3);
    const std::vector<double> low{1.0, 2.0, 3.0, 4.0, 5.0, 6.0};
    const std::vector<double> high{1.1, 2.2, 3.3, 4.4, 5.5, 6.6};
    const Comparison found = compare_pairs(low, high, Direction::minimize, rng);
    CHECK(found.p == 0.03125);
    CHECK(found.least_p == 0.03125);
    CHECK(found.verdict == Verdict::first);
    CHECK(found.first_wins == 1.0);
    CHECK(found.difference == Approx(0.35));
    CHECK(found.first_median == 3.5);
    CHECK(compare_pairs(low, high, Direction::maximize, rng).verdict == Verdict::second);
    CHECK(compare_pairs(high, low, Direction::minimize, rng).verdict == Verdict::second);
    // The same values without partners are far from telling anything.
    CHECK(compare_groups(low, high, Direction::minimize, rng).verdict == Verdict::undecided);
    const Comparison equal = compare_pairs(low, low, Direction::minimize, rng);
    CHECK(equal.p == 1.0);
    CHECK(equal.first_wins == 0.5);
    CHECK(equal.verdict == Verdict::undecided);
}

TEST_CASE("what no outcome could decide is said to be too little", "[search][analysis]") {
    Rng rng(4);
    const std::vector<double> low{1.0, 2.0, 3.0, 4.0, 5.0};
    const std::vector<double> high{11.0, 12.0, 13.0, 14.0, 15.0};
    CHECK(compare_pairs(low, high, Direction::minimize, rng).verdict == Verdict::too_few_values);
    const Comparison groups = compare_groups(low, high, Direction::minimize, rng);
    CHECK(groups.verdict == Verdict::first);
    CHECK(groups.p == Approx(2.0 / 252.0));
    CHECK(groups.least_p == Approx(2.0 / 252.0));
    const std::vector<double> three{1.0, 2.0, 3.0};
    const std::vector<double> other{4.0, 5.0, 6.0};
    CHECK(compare_groups(three, other, Direction::minimize, rng).verdict ==
          Verdict::too_few_values);
    const std::vector<double> one{1.0};
    const Comparison single = compare_groups(one, one, Direction::minimize, rng);
    CHECK(single.verdict == Verdict::too_few_values);
    CHECK(single.first_interval.low == 1.0);
}

TEST_CASE("bootstrap intervals of a median of 20 values have it nearly as often as they say",
          "[search][analysis]") {
    // 200 samples; the interval's true coverage is about 0.94, so that the count is outside of
    // [176, 199] with a chance below 0.001.
    int covered = 0;
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
        Rng rng(seed);
        const std::vector<double> first = normals(20, 1.0, rng);
        const std::vector<double> second = normals(1, 0.0, rng);
        const Interval95 found =
            compare_groups(first, second, Direction::minimize, rng).first_interval;
        covered += found.low <= 1.0 && 1.0 <= found.high ? 1 : 0;
    }
    CHECK(covered >= 176);
    CHECK(covered <= 199);
}

TEST_CASE("equal values and seeds give equal intervals", "[search][analysis]") {
    const std::vector<double> a{1.0, 4.0, 2.0, 8.0};
    const std::vector<double> b{3.0, 1.0, 9.0};
    const auto interval = [&](std::uint64_t seed) {
        Rng rng(seed);
        return compare_groups(a, b, Direction::minimize, rng).difference_interval;
    };
    CHECK(interval(1).low == interval(1).low);
    CHECK(interval(1).high == interval(1).high);
    CHECK(interval(1).low < 0.5);
    CHECK(interval(1).high > 0.0);
}

}  // namespace parnas::search
