// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <set>

#include <nlohmann/json.hpp>

#include "search/points/enumeration.h"
#include "search/points/low_discrepancy.h"
#include "search/points/shuffled_index.h"
#include "search/samplers/grid.h"
#include "search/samplers/qmc.h"
#include "search/samplers/random.h"
#include "tests/search/ask_and_tell.h"
#include "tests/search/read_options.h"
#include "tests/support/catch.h"
#include "tests/support/spaces.h"

namespace parnas::search {
namespace {

using tests::ask;
using tests::ask_and_tell;
using tests::categorical;
using tests::choice;
using tests::FakeSpace;

std::vector<double> nothing(const Genotype&) {
    return {0.0};
}

std::set<std::vector<Value>> values(const std::vector<Trial>& trials) {
    std::set<std::vector<Value>> result;
    for (const Trial& trial : trials)
        result.insert(trial.genotype.values);
    return result;
}

// optimizer (2), momentum (10, with one optimizer), layers (4), width (8, with 2 to 4 layers)
FakeSpace countable_space() {
    const FakeSpace mixed = tests::mixed_space();
    FakeSpace::Parts parts{.name = "countable@1"};
    for (const std::size_t i : {0u, 2u, 3u, 4u})
        parts.params.push_back(mixed.params()[i]);
    parts.params[3].condition->parent = 2;
    return FakeSpace(std::move(parts));
}

// Every coordinate of the points 0..2^k - 1 has one value in each [i, i + 1) / 2^k.
void check_one_per_interval(const PointSequence& points, std::size_t dimensions, int k) {
    const auto count = std::size_t{1} << k;
    std::vector<std::set<std::uint64_t>> cells(dimensions);
    for (std::uint64_t i = 0; i < count; ++i) {
        const std::vector<double> point = points(i);
        REQUIRE(point.size() == dimensions);
        for (std::size_t d = 0; d < dimensions; ++d) {
            REQUIRE((point[d] >= 0.0 && point[d] < 1.0));
            cells[d].insert(static_cast<std::uint64_t>(point[d] * static_cast<double>(count)));
        }
    }
    for (const auto& each : cells)
        CHECK(each.size() == count);
}

// How far the mean of prod (1 + (x - 1/2) / 2) over `count` points is from 1, its integral.
template <typename Points>
double integration_error(const Points& points, std::uint64_t count) {
    double sum = 0.0;
    for (std::uint64_t i = 0; i < count; ++i) {
        double product = 1.0;
        for (const double x : points(i))
            product *= 1.0 + (x - 0.5) / 2.0;
        sum += product;
    }
    return std::abs(sum / static_cast<double>(count) - 1.0);
}

}  // namespace

TEST_CASE("an enumeration has every normalised genotype once", "[search][enumeration]") {
    const FakeSpace space = countable_space();
    const Enumeration all(space.params());
    CHECK(all.size() == (1 + 10) * (1 + 3 * 8));
    CHECK(static_cast<double>(all.size()) == spaces::cardinality(space.params()));
    std::set<std::vector<Value>> seen;
    for (std::uint64_t i = 0; i < all.size(); ++i) {
        const Genotype genotype = all.at(i);
        CHECK_NOTHROW(spaces::validate(space.params(), genotype));
        CHECK(spaces::normalised(space.params(), genotype) == genotype);
        seen.insert(genotype.values);
    }
    CHECK(seen.size() == all.size());
}

TEST_CASE("the last parameters of an enumeration change first", "[search][enumeration]") {
    const FakeSpace space = tests::small_space();
    const Enumeration all(space.params());
    for (std::uint64_t i = 0; i < 12; ++i) {
        CHECK(choice(all.at(i), 0) == static_cast<std::int64_t>(i / 4));
        CHECK(choice(all.at(i), 1) == static_cast<std::int64_t>(i % 4));
    }
}

TEST_CASE("an enumeration of more than 2^63 points is refused", "[search][enumeration]") {
    std::vector<spaces::Param> params(31, categorical("op", 4));
    const Enumeration fits(params);
    CHECK(fits.size() == std::uint64_t{1} << 62);
    CHECK(choice(fits.at(fits.size() - 1), 0) == 3);
    params.resize(32, params[0]);
    CHECK_THROWS_WITH(Enumeration(params), "there are more than 2^63 points");
    CHECK_THROWS_AS(all_values(spaces::Real{.low = 0.0, .high = 1.0}), Error);
    CHECK_THROWS_AS(all_values(spaces::Integer{.low = 0, .high = 1'000'000}), Error);
}

TEST_CASE("a shuffled index is a permutation that looks random", "[search][shuffled_index]") {
    for (const std::uint64_t size : {1u, 2u, 3u, 16u, 17u, 1000u}) {
        const ShuffledIndex order(size, Rng(1));
        std::set<std::uint64_t> seen;
        for (std::uint64_t i = 0; i < size; ++i) {
            CHECK(order(i) < size);
            seen.insert(order(i));
        }
        CHECK(seen.size() == size);
    }
    const ShuffledIndex order(1000, Rng(1));
    const ShuffledIndex other(1000, Rng(2));
    std::uint64_t fixed = 0;
    std::uint64_t ascents = 0;
    std::uint64_t equal = 0;
    for (std::uint64_t i = 0; i + 1 < 1000; ++i) {
        fixed += order(i) == i;
        ascents += order(i) < order(i + 1);
        equal += order(i) == other(i);
    }
    CHECK(fixed < 10);
    CHECK(equal < 10);
    CHECK((ascents > 440 && ascents < 560));
    CHECK(ShuffledIndex(std::uint64_t{1} << 63, Rng(3))(5) < std::uint64_t{1} << 63);
}

TEST_CASE("the first 2^k Sobol points have one in every interval, scrambled or not",
          "[search][low_discrepancy]") {
    for (const int k : {0, 1, 5, 10}) {
        check_one_per_interval(make_sobol(50, std::nullopt), 50, k);
        check_one_per_interval(make_sobol(50, Rng(4)), 50, k);
    }
}

TEST_CASE("the first two Sobol dimensions fill every elementary box", "[search][low_discrepancy]") {
    const PointSequence points = make_sobol(2, Rng(5));
    for (std::uint64_t bits = 0; bits <= 8; ++bits) {
        std::set<std::pair<int, int>> boxes;
        for (std::uint64_t i = 0; i < 256; ++i) {
            const std::vector<double> point = points(i);
            boxes.emplace(static_cast<int>(std::ldexp(point[0], static_cast<int>(bits))),
                          static_cast<int>(std::ldexp(point[1], static_cast<int>(8 - bits))));
        }
        CHECK(boxes.size() == 256);
    }
}

TEST_CASE("Halton's sequence mirrors the digits of the index", "[search][low_discrepancy]") {
    const PointSequence points = make_halton(3, std::nullopt);
    CHECK(points(0) == std::vector<double>{0.0, 0.0, 0.0});
    const std::vector<double> sixth = points(6);
    CHECK(sixth[0] == Approx(3.0 / 8));
    CHECK(sixth[1] == Approx(2.0 / 9));
    CHECK(sixth[2] == Approx(1.0 / 5 + 1.0 / 25));
    // Scrambled: one in every interval of base 3 and 5.
    const PointSequence scrambled = make_halton(3, Rng(6));
    std::set<int> thirds;
    std::set<int> fifths;
    for (std::uint64_t i = 0; i < 125; ++i) {
        if (i < 81)
            thirds.insert(static_cast<int>(scrambled(i)[1] * 81));
        fifths.insert(static_cast<int>(scrambled(i)[2] * 125));
    }
    CHECK(thirds.size() == 81);
    CHECK(fifths.size() == 125);
}

// Worst of 20 seeds against the mean of 20: the ratios are far from chance.
TEST_CASE("low-discrepancy points integrate a smooth function 10 times as well as random ones",
          "[search][low_discrepancy]") {
    constexpr std::size_t kDimensions = 8;
    constexpr std::uint64_t kPoints = 1024;
    double random = 0.0;
    double sobol = 0.0;
    double halton = 0.0;
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        Rng rng(seed);
        const auto draw = [&](std::uint64_t) {
            std::vector<double> point;
            for (std::size_t d = 0; d < kDimensions; ++d)
                point.push_back(rng.uniform());
            return point;
        };
        random += integration_error(draw, kPoints) / 20;
        sobol = std::max(sobol, integration_error(make_sobol(kDimensions, Rng(seed)), kPoints));
        halton = std::max(halton, integration_error(make_halton(kDimensions, Rng(seed)), kPoints));
    }
    INFO(random << " " << sobol << " " << halton);
    CHECK(sobol * 10 < random);
    CHECK(halton * 2 < random);
}

TEST_CASE("more parameters than Sobol has dimensions are refused", "[search][low_discrepancy]") {
    CHECK_NOTHROW(make_sobol(kMostSobolDimensions, std::nullopt)(1));
    CHECK_THROWS_WITH(make_sobol(kMostSobolDimensions + 1, std::nullopt),
                      "Sobol's sequence has at most 3667 dimensions, got 3668 parameters");
}

TEST_CASE("a grid has every point once, with the ends of every number", "[search][grid]") {
    const FakeSpace space = tests::mixed_space();
    for (const bool shuffled : {true, false}) {
        const auto sampler = make_grid_sampler(
            {.points = {{"lr", 5}, {"width", 2}}, .shuffled = shuffled}, {.space = space});
        const auto trials = ask_and_tell(*sampler, space, nothing, 10'000, 1);
        // layers * width <= 128: of 1 + 3 * 2 only 4 * 64 and 3 * 64 are not feasible.
        CHECK(trials.size() == (1 + 10) * 5 * 5);
        CHECK(values(trials).size() == trials.size());
        std::set<double> rates;
        for (const Trial& trial : trials)
            rates.insert(std::get<double>(trial.genotype.values[1]));
        REQUIRE(rates.size() == 5);
        CHECK(*rates.begin() == 1e-4);
        CHECK(*std::next(rates.begin()) == Approx(1e-3));
        CHECK(*rates.rbegin() == Approx(1.0));
    }
}

TEST_CASE("a lexicographic grid goes in order, a shuffled one in the seed's", "[search][grid]") {
    const FakeSpace space = tests::cell_space();
    const auto first = [&](GridOptions options, std::uint64_t seed) {
        const auto sampler = make_grid_sampler(options, {.space = space, .seed = seed});
        std::vector<std::vector<Value>> result;
        for (const Proposal& proposal : ask(*sampler, space, 0, {}, seed, 30))
            result.push_back(proposal.genotype.values);
        return result;
    };
    const auto ordered = first({.shuffled = false}, 1);
    CHECK(std::ranges::is_sorted(ordered));
    CHECK(ordered == first({.shuffled = false}, 2));
    CHECK(first({}, 1) == first({}, 1));
    CHECK(first({}, 1) != first({}, 2));
}

TEST_CASE("a grid that is too large to count is a fault, a large one is not kept",
          "[search][grid]") {
    const FakeSpace real = tests::real_space(27);
    CHECK(ask(*make_grid_sampler({}, {.space = real}), real, 0, {}, 1, 3).size() == 3);
    const FakeSpace larger = tests::real_space(28);
    CHECK_THROWS_WITH(make_grid_sampler({}, {.space = larger}),
                      Catch::Contains("more than 2^63 points"));
    const FakeSpace wide({.params = {{.name = "units", .domain = spaces::Integer{0, 9'999'999}}}});
    CHECK_THROWS_WITH(make_grid_sampler({}, {.space = wide}),
                      "units: 10000000 values are too many to go through; say how many `points` "
                      "it gets");
    CHECK_NOTHROW(make_grid_sampler({.points = {{"units", 7}}}, {.space = wide}));
}

TEST_CASE("a grid's options are checked against the space", "[search][grid]") {
    const FakeSpace space = tests::mixed_space();
    const auto faults = [&](const Json& json) {
        Faults found;
        const auto read = [&](ObjectReader& reader) { return read_grid(reader, space); };
        tests::read_options(read, json, found);
        std::vector<std::string> places;
        for (const Fault& fault : found.list())
            places.push_back(fault.where);
        return places;
    };
    CHECK(faults({{"points", 3}, {"order", "lexicographic"}}).empty());
    CHECK(faults({{"points", {{"lr", 3}, {"layers", 2}}}}).empty());
    CHECK(
        faults({{"points", {{"lr", 0}, {"rl", 2}}}, {"order", "random"}}) ==
        std::vector<std::string>{"/strategy/order", "/strategy/points/lr", "/strategy/points/rl"});
}

TEST_CASE("quasi-random search covers every choice and every decade evenly", "[search][qmc]") {
    const FakeSpace space = tests::mixed_space();
    for (const auto sequence : {QmcOptions::Sequence::sobol, QmcOptions::Sequence::halton}) {
        const auto sampler = make_qmc_sampler({.sequence = sequence}, {.space = space, .seed = 3});
        int with_momentum = 0;
        int below = 0;
        const auto trials = ask_and_tell(*sampler, space, nothing, 128, 3);
        for (const Trial& trial : trials) {
            with_momentum += choice(trial.genotype, 0) == 1;
            below += std::get<double>(trial.genotype.values[1]) < 1e-2;
        }
        CHECK(std::abs(with_momentum - 64) <= 5);
        CHECK(std::abs(below - 64) <= 5);
    }
}

TEST_CASE("quasi-random search ends with every point of a small space", "[search][qmc]") {
    const FakeSpace space = countable_space();
    const auto sampler = make_qmc_sampler({}, {.space = space, .seed = 4});
    const auto trials = ask_and_tell(*sampler, space, nothing, 1000, 4);
    CHECK(trials.size() == 275);
    CHECK(values(trials).size() == 275);
}

}  // namespace parnas::search
