// SPDX-License-Identifier: Apache-2.0
#include "search/terminators/yield.h"

#include <algorithm>
#include <bit>
#include <numeric>

#include "tests/support/catch.h"

using namespace parnas;
using namespace parnas::search;

namespace {

Trial complete(std::vector<double> objectives) {
    return {.state = TrialState::complete, .objectives = std::move(objectives)};
}

Yield yield_of(const std::vector<double>& values) {
    Yield yield(1);
    for (const double value : values)
        yield.add(complete({value}));
    return yield;
}

double least_of_all_subsets(const std::vector<double>& values, int count) {
    double sum = 0.0;
    int subsets = 0;
    for (unsigned mask = 0; mask < 1U << values.size(); ++mask) {
        if (std::popcount(mask) != count)
            continue;
        double least = 1e9;
        for (std::size_t i = 0; i < values.size(); ++i)
            if ((mask >> i & 1U) != 0)
                least = std::min(least, values[i]);
        sum += least;
        ++subsets;
    }
    return sum / subsets;
}

std::vector<double> uniforms(std::size_t count, std::uint64_t seed) {
    Rng rng(seed);
    std::vector<double> values(count);
    for (double& value : values)
        value = rng.uniform();
    return values;
}

}  // namespace

TEST_CASE("the mean best of a random part is that over all parts", "[search][terminators]") {
    const std::vector<double> values = {0.5, 1.0, 1.0, 2.5, 4.0, 7.0, 7.5, 9.0};
    for (int count = 1; count <= 8; ++count)
        CHECK(mean_best(values, static_cast<std::size_t>(count)) ==
              Approx(least_of_all_subsets(values, count)));
}

TEST_CASE("the gain is that of the power law through quarter, half and all",
          "[search][terminators]") {
    // 3 + 8 / n^2 at 10, 20 and 40 trials.
    const auto worth = [](double n) { return 3.0 + 8.0 / (n * n); };
    CHECK(extrapolated_gain(worth(10), worth(20), worth(40), 40, 10) ==
          Approx(worth(40) - worth(50)));
    // A logarithm: each doubling gains as much as the one before.
    CHECK(extrapolated_gain(5.0, 4.0, 3.0, 40, 40) == Approx(1.0));
    CHECK(extrapolated_gain(5.0, 4.0, 3.0, 40, 120) == Approx(2.0));
    // No more than that is expected of a search that gains more and more.
    CHECK(extrapolated_gain(5.0, 4.5, 3.0, 40, 40) == Approx(1.5));
    CHECK(extrapolated_gain(5.0, 3.0, 3.0, 40, 40) == 0.0);
}

// The least of n uniform values is 1 / (n + 1) on average.
TEST_CASE("the expected gain of random search is right on average", "[search][terminators]") {
    constexpr std::size_t kTrials = 100;
    constexpr std::size_t kMore = 50;
    constexpr int kSeeds = 300;
    const double truth = 1.0 / (kTrials + 1) - 1.0 / (kTrials + kMore + 1);
    double mean = 0.0;
    int below = 0;
    for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
        const auto expected = expected_gain(yield_of(uniforms(kTrials, seed)), {}, kMore, seed);
        REQUIRE(expected);
        mean += expected->gain / kSeeds;
        below += expected->high < truth;
        CHECK(expected->low <= expected->gain);
        CHECK(expected->gain <= expected->high);
    }
    CHECK(mean == Approx(truth).epsilon(0.3));
    CHECK(below < kSeeds / 5);
}

TEST_CASE("what has converged gains nothing, and what goes on falling much",
          "[search][terminators]") {
    std::vector<double> flat(40, 1.0);
    std::vector<double> falling(40);
    std::iota(falling.rbegin(), falling.rend(), 0.0);
    const auto none = expected_gain(yield_of(flat), {}, 10, 1);
    REQUIRE(none);
    CHECK(none->high == 0.0);
    const auto much = expected_gain(yield_of(falling), {}, 10, 1);
    REQUIRE(much);
    CHECK(much->low > 0.0);
}

TEST_CASE("only search trials of fidelity 1 count, and those that failed bring nothing",
          "[search][terminators]") {
    Yield yield(1);
    for (int i = 0; i < 19; ++i)
        yield.add(complete({1.0 + i}));
    Trial short_one = complete({-5.0});
    short_one.state = TrialState::pruned;
    short_one.fidelity = 0.5;
    yield.add(short_one);
    Trial finalist = complete({-5.0});
    finalist.stage = Stage::finalist;
    yield.add(finalist);
    CHECK_FALSE(expected_gain(yield, {}, 10, 1));
    Trial breaks = complete({-5.0});
    breaks.violation = 0.1;
    yield.add(breaks);
    CHECK(yield.trials() == 20);
    CHECK(yield.measured() == 19);
    CHECK(expected_gain(yield, {}, 10, 1).has_value());

    Yield barren(1);
    for (int i = 0; i < 30; ++i)
        barren.add({.state = TrialState::fail});
    CHECK_FALSE(expected_gain(barren, {}, 10, 1));
}

// Where the second objective is always 0, the hypervolume below (1, 1) is 1 - the first.
TEST_CASE("the gain of a hypervolume is that of what it is made of", "[search][terminators]") {
    const std::vector<double> values = uniforms(60, 4);
    Yield of_two(2);
    for (const double value : values)
        of_two.add(complete({value, 0.0}));
    const double reference[] = {1.0, 1.0};
    const auto two = expected_gain(of_two, reference, 30, 1);
    const auto one = expected_gain(yield_of(values), {}, 30, 1);
    REQUIRE(two);
    REQUIRE(one);
    CHECK(two->gain == Approx(one->gain).epsilon(0.5));
    CHECK(expected_gain(of_two, reference, 30, 1)->high == two->high);
}
