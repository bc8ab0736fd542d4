// SPDX-License-Identifier: Apache-2.0
#include "spaces/param.h"

#include <cmath>
#include <limits>
#include <map>
#include <set>

#include "core/error.h"
#include "tests/support/catch.h"

using namespace parnas;
using namespace parnas::spaces;
using Catch::Matchers::Contains;

namespace {

Categorical words(std::size_t count) {
    Categorical domain;
    for (std::size_t i = 0; i < count; ++i)
        domain.choices.emplace_back("word " + std::to_string(i));
    return domain;
}

Domain random_finite_domain(Rng& rng) {
    switch (rng.below(4)) {
        case 0:
            return words(1 + rng.below(4));
        case 1: {
            const std::int64_t low = rng.integer(-3, 3);
            return Integer{.low = low, .high = low + rng.integer(0, 6), .step = rng.integer(1, 3)};
        }
        case 2:
            return Integer{.low = 1, .high = rng.integer(1, 5), .log = true};
        default:
            return Real{.low = 0.5, .high = 0.5 + rng.uniform(), .step = rng.uniform(0.2, 0.6)};
    }
}

Domain random_domain(Rng& rng) {
    if (rng.chance(0.7))
        return random_finite_domain(rng);
    return Real{.low = 1e-4, .high = rng.uniform(1e-3, 10.0), .log = rng.chance(0.5)};
}

Condition random_condition(ParamIndex parent, const Domain& domain, Rng& rng) {
    if (const auto* categorical = std::get_if<Categorical>(&domain)) {
        ChoiceSet set;
        for (std::size_t i = 0; i < categorical->choices.size(); ++i)
            if (rng.chance(0.5))
                set.indices.push_back(static_cast<std::int64_t>(i));
        return {.parent = parent, .active = set};
    }
    const double low = rng.uniform(-4.0, 4.0);
    return {.parent = parent, .active = Interval{low, low + rng.uniform(0.0, 4.0)}};
}

std::vector<Param> random_space(std::size_t size, Domain (*make_domain)(Rng&), Rng& rng) {
    std::vector<Param> params;
    for (std::size_t i = 0; i < size; ++i) {
        Param param{.name = "p" + std::to_string(i), .domain = make_domain(rng)};
        if (i > 0 && rng.chance(0.7)) {
            const ParamIndex parent = rng.below(i);
            param.condition = random_condition(parent, params[parent].domain, rng);
        }
        params.push_back(param);
    }
    return params;
}

// Every different normalised genotype, by trying all.
std::size_t count_by_force(const std::vector<Param>& params) {
    std::set<std::vector<Value>> seen;
    std::vector<std::uint64_t> index(params.size(), 0);
    for (;;) {
        Genotype genotype;
        for (std::size_t i = 0; i < params.size(); ++i)
            genotype.values.push_back(value_at(params[i].domain, index[i]));
        seen.insert(normalised(params, genotype).values);
        std::size_t i = 0;
        while (i < params.size() && ++index[i] == *cardinality(params[i].domain))
            index[i++] = 0;
        if (i == params.size())
            return seen.size();
    }
}

// An optimiser with a momentum that only SGD has, and a rate.
std::vector<Param> optimiser_space() {
    return {{.name = "optimiser", .domain = Categorical{.choices = {"adam", "sgd"}}},
            {.name = "momentum",
             .domain = Real{.low = 0.0, .high = 0.9},
             .condition = Condition{.parent = 0, .active = ChoiceSet{{1}}}},
            {.name = "layers", .domain = Integer{.low = 1, .high = 3}}};
}

}  // namespace

TEST_CASE("a sample of a random space is valid, normalised and comes back from its assignment",
          "[spaces][param]") {
    Rng rng(1);
    for (int i = 0; i < 500; ++i) {
        const std::vector<Param> params = random_space(1 + rng.below(8), random_domain, rng);
        const Genotype genotype = sample(params, rng);
        REQUIRE_NOTHROW(validate(params, genotype));
        REQUIRE(normalised(params, genotype) == genotype);
        REQUIRE(from_assignment(params, to_assignment(params, genotype)) == genotype);
    }
}

TEST_CASE("the cardinality of a conditional space agrees with trying all", "[spaces][param]") {
    Rng rng(2);
    for (int i = 0; i < 300; ++i) {
        const std::vector<Param> params = random_space(1 + rng.below(5), random_finite_domain, rng);
        REQUIRE(cardinality(params) == static_cast<double>(count_by_force(params)));
    }
}

TEST_CASE("the cardinality of large and endless spaces is known", "[spaces][param]") {
    CHECK(cardinality(std::span<const Param>()) == 1.0);
    CHECK(cardinality(optimiser_space()) == std::numeric_limits<double>::infinity());
    std::vector<Param> params{
        {.name = "width", .domain = Integer{.low = 0, .high = 999'999'999'999}},
        {.name = "depth",
         .domain = words(5),
         .condition = Condition{.parent = 0, .active = Interval{10.0, 19.5}}}};
    CHECK(cardinality(params) == 1e12 + 4 * 10);
    params.assign(20, {.name = "op", .domain = words(8)});
    CHECK(cardinality(params) == std::pow(2.0, 60.0));
}

TEST_CASE("every value of a finite domain is in it, and comes back from its scalar",
          "[spaces][param]") {
    Rng rng(3);
    for (int i = 0; i < 200; ++i) {
        const Domain domain = random_finite_domain(rng);
        CHECK(value_at(domain, 0) == first_value(domain));
        for (std::uint64_t k = 0; k < *cardinality(domain); ++k) {
            const Value value = value_at(domain, k);
            REQUIRE(contains(domain, value));
            REQUIRE(from_scalar(domain, to_scalar(domain, value)) == value);
            REQUIRE(clamp(domain, std::visit([](auto v) { return double(v); }, value)) == value);
        }
    }
}

TEST_CASE("a domain does not have what lies outside or between its values", "[spaces][param]") {
    const Domain integer = Integer{.low = 2, .high = 9, .step = 3};
    CHECK(cardinality(integer) == 3u);
    CHECK(contains(integer, std::int64_t{8}));
    CHECK_FALSE(contains(integer, std::int64_t{9}));
    CHECK_FALSE(contains(integer, std::int64_t{-1}));
    CHECK_FALSE(contains(integer, 5.0));
    const Domain stepped = Real{.low = 0.0, .high = 1.0, .step = 0.1};
    CHECK(cardinality(stepped) == 11u);
    CHECK(contains(stepped, 0.3));
    CHECK(contains(stepped, 0.1 + 0.2));
    CHECK_FALSE(contains(stepped, 0.35));
    CHECK_FALSE(contains(stepped, std::int64_t{0}));
    const Domain real = Real{.low = 0.0, .high = 1.0};
    CHECK_FALSE(cardinality(real));
    CHECK(contains(real, 1.0));
    CHECK_FALSE(contains(real, 1.1));
    CHECK_FALSE(contains(real, std::nan("")));
    CHECK_FALSE(contains(words(2), std::int64_t{2}));
}

TEST_CASE("a number is clamped to the nearest value", "[spaces][param]") {
    const Domain integer = Integer{.low = 2, .high = 9, .step = 3};
    CHECK(clamp(integer, 6.4) == Value(std::int64_t{5}));
    CHECK(clamp(integer, 6.6) == Value(std::int64_t{8}));
    CHECK(clamp(integer, 1e300) == Value(std::int64_t{8}));
    CHECK(clamp(integer, std::nan("")) == Value(std::int64_t{2}));
    CHECK(clamp(words(3), -7.0) == Value(std::int64_t{0}));
    CHECK(clamp(Real{.low = 0.0, .high = 1.0}, 7.0) == Value(1.0));
    CHECK(clamp(Real{.low = 0.0, .high = 1.0, .step = 0.25}, 0.6) == Value(0.5));
    const std::int64_t lowest = std::numeric_limits<std::int64_t>::min();
    const std::int64_t highest = std::numeric_limits<std::int64_t>::max();
    CHECK(clamp(Integer{.low = lowest, .high = highest}, 1e300) == Value(highest));
}

TEST_CASE("samples cover a domain evenly, on its scale", "[spaces][param]") {
    Rng rng(4);
    std::map<std::int64_t, int> counts;
    for (int i = 0; i < 9000; ++i)
        ++counts[std::get<std::int64_t>(sample(Integer{.low = 1, .high = 8, .log = true}, rng))];
    CHECK(counts.size() == 8);
    for (const auto& [number, count] : counts) {
        const double value = static_cast<double>(number);
        const double share = std::log((value + 0.5) / (value - 0.5)) / std::log(8.5 / 0.5);
        // Six standard deviations of a binomial count.
        CHECK(std::abs(count - 9000 * share) < 6 * std::sqrt(9000 * share));
    }
    int below_one = 0;
    for (int i = 0; i < 9000; ++i)
        below_one +=
            std::get<double>(sample(Real{.low = 0.01, .high = 100.0, .log = true}, rng)) < 1;
    CHECK(std::abs(below_one - 4500) < 285);
}

TEST_CASE("the same seed draws the same genotype", "[spaces][param]") {
    Rng first(5);
    Rng second(5);
    for (int i = 0; i < 20; ++i)
        CHECK(sample(optimiser_space(), first) == sample(optimiser_space(), second));
}

TEST_CASE("an integer stands for a real, and for a real choice if there is no better",
          "[spaces][param]") {
    CHECK(from_scalar(Real{.low = 0.0, .high = 2.0}, std::int64_t{1}) == Value(1.0));
    CHECK_THROWS_AS(from_scalar(Integer{.low = 0, .high = 2}, 1.0), Error);
    const std::int64_t one = 1;
    CHECK(from_scalar(Categorical{.choices = {"a", 1.0}}, one) == Value(std::int64_t{1}));
    CHECK(from_scalar(Categorical{.choices = {1.0, one}}, one) == Value(std::int64_t{1}));
    CHECK_THROWS_AS(from_scalar(Categorical{.choices = {one}}, 1.0), Error);
    CHECK_THROWS_AS(from_scalar(Categorical{.choices = {one}}, true), Error);
    CHECK(from_scalar(Categorical{.choices = {"a", Scalar()}}, Scalar()) == Value(one));
    CHECK_THROWS_WITH(from_scalar(words(2), "word"), Contains("one of word 0, word 1, got word"));
}

TEST_CASE("an inactive parameter holds its first value", "[spaces][param]") {
    const std::vector<Param> params = optimiser_space();
    const std::int64_t adam = 0;
    const std::int64_t layers = 2;
    CHECK(active(params, {{adam, 0.5, layers}}) == std::vector<bool>{true, false, true});
    CHECK(normalised(params, {{adam, 0.5, layers}}) == Genotype{{adam, 0.0, layers}});
    CHECK(to_assignment(params, {{adam, 0.0, layers}}) ==
          Assignment{{"optimiser", "adam"}, {"layers", layers}});
}

TEST_CASE("a genotype with wrong values is refused with all faults", "[spaces][param]") {
    const std::vector<Param> params = optimiser_space();
    CHECK_THROWS_WITH(validate(params, {{std::int64_t{2}, 0.95, std::int64_t{1}}}),
                      Contains("optimiser: expected an index below 2, got 2") &&
                          Contains("momentum: expected a number from 0 to 0.9, got 0.95"));
    CHECK_THROWS_WITH(validate(params, {{std::int64_t{1}}}), Contains("expected 3 values"));
    CHECK_THROWS_AS(active(params, Genotype()), Error);
}

TEST_CASE("an assignment with wrong names or values is refused with all faults",
          "[spaces][param]") {
    const std::vector<Param> params = optimiser_space();
    CHECK_THROWS_WITH(from_assignment(params, {{"optimiser", "sgd"}, {"layer", std::int64_t{2}}}),
                      Contains("momentum: is missing") && Contains("layers: is missing") &&
                          Contains("layer: no parameter has this name; did you mean 'layers'?"));
    // Whether momentum is active is not known: it is not missed.
    CHECK_THROWS_WITH(from_assignment(params, {{"optimiser", "x"}, {"layers", std::int64_t{2}}}),
                      "optimiser: expected one of adam, sgd, got x");
}

TEST_CASE("equal genotypes have equal hashes, different ones differ", "[spaces][param]") {
    CHECK(hash({{0.0}}) == hash({{-0.0}}));
    CHECK(hash({{0.0}}) != hash({{std::int64_t{0}}}));
    CHECK(hash({{1.0, 2.0}}) != hash({{2.0, 1.0}}));
    CHECK(hash({}) != hash({{0.0}}));
}
