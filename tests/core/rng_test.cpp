// SPDX-License-Identifier: Apache-2.0
#include "core/rng.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "core/error.h"
#include "tests/support/catch.h"

using namespace parnas;

namespace {

using Four = std::array<std::uint64_t, 4>;

Four first_four(Rng rng) {
    return {rng.next(), rng.next(), rng.next(), rng.next()};
}

}  // namespace

TEST_CASE("a fork does not depend on what was drawn", "[core][rng]") {
    Rng rng(5);
    const Four before = first_four(rng.fork(1));
    rng.next();
    CHECK(first_four(rng.fork(1)) == before);
    CHECK(first_four(rng.fork(2)) != before);
    CHECK(first_four(Rng(6).fork(1)) != before);
}

TEST_CASE("random integers cover their range and stay in it", "[core][rng]") {
    Rng rng(1);
    std::array<int, 7> counts{};
    for (int i = 0; i < 7000; ++i)
        ++counts.at(static_cast<std::size_t>(rng.integer(-3, 3) + 3));
    // Six standard deviations of a binomial count: fails once in 10^8 seeds.
    for (const int count : counts)
        CHECK(std::abs(count - 1000) < 180);
    CHECK(rng.integer(4, 4) == 4);
    const std::int64_t lowest = std::numeric_limits<std::int64_t>::min();
    const std::int64_t highest = std::numeric_limits<std::int64_t>::max();
    bool negative = false;
    for (int i = 0; i < 64; ++i)
        negative = negative || rng.integer(lowest, highest) < 0;
    CHECK(negative);
    CHECK_THROWS_AS(rng.integer(1, 0), Error);
    CHECK_THROWS_AS(rng.below(0), Error);
}

TEST_CASE("random reals are in their interval", "[core][rng]") {
    Rng rng(2);
    double sum = 0.0;
    for (int i = 0; i < 10'000; ++i) {
        const double value = rng.uniform(-1.0, 3.0);
        REQUIRE(value >= -1.0);
        REQUIRE(value < 3.0);
        sum += value;
    }
    CHECK(sum / 10'000 == Approx(1.0).margin(0.07));  // six standard errors
    CHECK(rng.uniform(2.0, 2.0) == 2.0);
    CHECK(rng.uniform(1.0, std::nextafter(1.0, 2.0)) == 1.0);
}

TEST_CASE("normal numbers have mean 0 and variance 1", "[core][rng]") {
    Rng rng(3);
    double sum = 0.0;
    double squares = 0.0;
    for (int i = 0; i < 10'000; ++i) {
        const double value = rng.normal();
        sum += value;
        squares += value * value;
    }
    CHECK(sum / 10'000 == Approx(0.0).margin(0.06));
    CHECK(squares / 10'000 == Approx(1.0).margin(0.09));
}

TEST_CASE("a sample has different indices in random order", "[core][rng]") {
    Rng rng(4);
    std::vector<std::size_t> sample = rng.sample(20, 20);
    CHECK_FALSE(std::ranges::is_sorted(sample));
    std::ranges::sort(sample);
    for (std::size_t i = 0; i < sample.size(); ++i)
        CHECK(sample[i] == i);
    CHECK(rng.sample(5, 2).size() == 2);
    CHECK(rng.sample(0, 0).empty());
    CHECK_THROWS_AS(rng.sample(1, 2), Error);
}

TEST_CASE("a shuffle keeps the items and reaches every order", "[core][rng]") {
    Rng rng(5);
    std::array<int, 6> seen{};
    for (int i = 0; i < 600; ++i) {
        std::array<int, 3> items{0, 1, 2};
        rng.shuffle(std::span<int>(items));
        CHECK(items[0] + items[1] + items[2] == 3);
        CHECK(items[0] * items[0] + items[1] * items[1] + items[2] * items[2] == 5);
        ++seen.at(static_cast<std::size_t>(items[0] * 2 + (items[1] > items[2] ? 1 : 0)));
    }
    CHECK(std::ranges::count(seen, 0) == 0);
}
