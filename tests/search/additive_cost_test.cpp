// SPDX-License-Identifier: Apache-2.0
#include "search/weight_sharing/additive_cost.h"

#include <cmath>

#include <nlohmann/json.hpp>

#include "spaces/count.h"
#include "tests/search/cell_documents.h"
#include "tests/support/catch.h"

namespace parnas::search {
namespace {

double multiply_adds(const spaces::SearchSpace& space, const Genotype& genotype) {
    return static_cast<double>(spaces::count(*space.decode(genotype).network).multiply_adds);
}

template <typename Cost>
std::vector<CostSample> samples(const spaces::SearchSpace& space, int count, const Cost& cost) {
    Rng rng(5);
    std::vector<CostSample> result;
    for (int i = 0; i < count; ++i) {
        Genotype genotype = spaces::sample_feasible(space, rng);
        const double value = cost(genotype);
        result.push_back({.genotype = std::move(genotype), .value = value});
    }
    return result;
}

}  // namespace

TEST_CASE("an additive cost is found exactly", "[search][additive_cost]") {
    for (const auto& space : {tests::dense_cells(), tests::taking_cells()}) {
        const OpenChoices open = find_open_choices(*space);
        const auto known = samples(
            *space, 80, [&](const Genotype& genotype) { return multiply_adds(*space, genotype); });
        const auto cost = fit_additive_cost("multiply_adds", *space, open, known);
        REQUIRE(cost);
        CHECK(cost->r2 > 0.9999);
        CHECK_FALSE(cost->logarithmic);
        Rng rng(9);
        for (int i = 0; i < 20; ++i) {
            const Genotype genotype = spaces::sample_feasible(*space, rng);
            CHECK(predict(*cost, space->params(), genotype) ==
                  Approx(multiply_adds(*space, genotype)).epsilon(1e-3));
        }
    }
}

TEST_CASE("a cost that multiplies is fitted by its logarithm", "[search][additive_cost]") {
    const auto space = tests::dense_cells();
    const auto known = samples(*space, 80, [](const Genotype& genotype) {
        double product = 1.0;
        for (const Value& value : genotype.values)
            product *= 1.0 + static_cast<double>(std::get<std::int64_t>(value));
        return product;
    });
    const auto cost = fit_additive_cost("latency_ms", *space, find_open_choices(*space), known);
    REQUIRE(cost);
    CHECK(cost->logarithmic);
    CHECK(cost->r2 > 0.999);
    CHECK(predict(*cost, space->params(), known[0].genotype) ==
          Approx(known[0].value).epsilon(1e-2));
}

TEST_CASE("nothing is fitted to a cost that is the same for all", "[search][additive_cost]") {
    const auto space = tests::dense_cells();
    const auto known = samples(*space, 10, [](const Genotype&) { return 2.0; });
    CHECK_FALSE(fit_additive_cost("latency_ms", *space, find_open_choices(*space), known));
}

TEST_CASE("the expected cost of one-hot weights is the network's cost", "[search][additive_cost]") {
    const auto space = tests::dense_cells();
    const OpenChoices open = find_open_choices(*space);
    AdditiveCost cost{.metric = "cost", .constant = 2.0};
    Architecture architecture;
    std::vector<std::vector<double>> weights;
    Genotype genotype = middle_genotype(space->params());
    for (const OpenChoice& choice : open.choices) {
        const auto param = static_cast<double>(choice.param);
        cost.options.push_back({0.0, 1.0 + param, 2.0, 3.0});
        architecture.strengths.push_back(
            {.strength = {.param = choice.param, .entries = {1, 3}, .name = "s"},
             .values = {0.0, 0.0}});
        const bool second = choice.param % 2 == 0;
        weights.push_back(second ? std::vector{0.0, 1.0} : std::vector{1.0, 0.0});
        genotype.values[choice.param] = std::int64_t{second ? 3 : 1};
    }
    const ExpectedCost expected =
        expected_cost(cost, space->params(), open, architecture, EdgeWeights::none);
    CHECK(value_of(expected, sum_of(expected, weights)) ==
          Approx(predict(cost, space->params(), genotype)));
}

TEST_CASE("edges that a node may take count with their chance", "[search][additive_cost]") {
    const auto space = tests::taking_cells();
    const OpenChoices open = find_open_choices(*space);
    AdditiveCost cost{.metric = "cost",
                      .options = std::vector<std::vector<double>>(space->params().size())};
    Architecture architecture;
    std::vector<std::vector<double>> weights;
    for (const OpenChoice& choice : open.choices) {
        cost.options[choice.param] = {3.0, 3.0, 3.0};
        architecture.strengths.push_back(
            {.strength = {.param = choice.param, .entries = {0, 1, 2}, .name = "s"},
             .values = {0.0, 0.0, 0.0}});
        weights.push_back({0.2, 0.3, 0.5});
    }
    // The first node takes both of its edges, the second one two of three.
    const ExpectedCost even =
        expected_cost(cost, space->params(), open, architecture, EdgeWeights::none);
    CHECK(sum_of(even, weights) == Approx(12.0));
    architecture.strengths.push_back({.strength = {.kind = spaces::Strength::Kind::edges,
                                                   .param = open.nodes.front().inputs,
                                                   .entries = {0, 1, 2},
                                                   .name = "e"},
                                      .values = {0.0, 0.0, 0.0}});
    weights.push_back({0.7, 0.2, 0.1});
    const ExpectedCost weighted =
        expected_cost(cost, space->params(), open, architecture, EdgeWeights::learned);
    CHECK(sum_of(weighted, weights) == Approx(12.0));
    // An edge that costs more counts with its weight.
    cost.options[*open.nodes.front().choices[0]] = {6.0, 6.0, 6.0};
    CHECK(sum_of(expected_cost(cost, space->params(), open, architecture, EdgeWeights::learned),
                 weights) == Approx(12.0 + 2.0 * 0.7 * 3.0));
}

}  // namespace parnas::search
