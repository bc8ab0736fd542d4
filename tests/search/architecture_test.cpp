// SPDX-License-Identifier: Apache-2.0
#include "search/weight_sharing/architecture.h"

#include <cmath>

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "search/weight_sharing/discretise.h"
#include "search/weight_sharing/schedules.h"
#include "search/weight_sharing/trade_off.h"
#include "tests/search/cell_documents.h"
#include "tests/support/catch.h"

namespace parnas::search {
namespace {

using tests::chosen;

constexpr const char* kEdges[] = {"cell.node1.from0",
                                  "cell.node2.from0",
                                  "cell.node2.from1",
                                  "cell.node3.from0",
                                  "cell.node3.from1",
                                  "cell.node3.from2"};

// All of the space's strengths, at zero.
Architecture even(const spaces::SearchSpace& space, const OpenChoices& open) {
    spaces::SupernetOptions options{.base = middle_genotype(space.params())};
    options.options.resize(space.params().size());
    const auto all = [](std::size_t count) {
        std::vector<std::size_t> indices;
        for (std::size_t i = 0; i < count; ++i)
            indices.push_back(i);
        return indices;
    };
    for (const OpenChoice& choice : open.choices)
        options.options[choice.param] = all(choice.is_none.size());
    for (const OpenNode& node : open.nodes)
        options.options[node.inputs] = all(node.subsets.size());
    Architecture architecture = initial_architecture(
        spaces::keep_choices(*space.shared_weights(), space.params(), options).strengths,
        EdgeWeights::none,
        Rng(1));
    for (StrengthValues& each : architecture.strengths)
        for (double& value : each.values)
            value = 0.0;
    return architecture;
}

std::vector<double>& values_of(Architecture& architecture, const std::string& name) {
    for (StrengthValues& each : architecture.strengths)
        if (each.strength.name == name)
            return each.values;
    throw Error(ErrorKind::not_found, name);
}

struct Fixture {
    explicit Fixture(std::unique_ptr<spaces::SearchSpace> searched)
        : space(std::move(searched)),
          open(find_open_choices(*space)),
          architecture(even(*space, open)) {}

    std::optional<Genotype> discretised(const DiscretiseOptions& options = {}) const {
        return discretise(*space,
                          open,
                          preferences_of(architecture, OptionWeights::softmax, *space, open),
                          middle_genotype(space->params()),
                          options);
    }
    std::string op(const Genotype& genotype, const std::string& name) const {
        return chosen(*space, genotype, name);
    }

    std::unique_ptr<spaces::SearchSpace> space;
    OpenChoices open;
    Architecture architecture;
};

}  // namespace

TEST_CASE("architecture parameters begin near zero, by name and seed", "[search][architecture]") {
    const std::vector<spaces::Strength> strengths{
        {.param = 0, .entries = {0, 1, 2}, .name = "a"},
        {.kind = spaces::Strength::Kind::edges, .param = 1, .entries = {0, 1}, .name = "b"}};
    const Architecture first = initial_architecture(strengths, EdgeWeights::none, Rng(1));
    const Architecture again = initial_architecture(strengths, EdgeWeights::learned, Rng(1));
    const Architecture other = initial_architecture(strengths, EdgeWeights::none, Rng(2));
    CHECK(first.strengths[0].values == again.strengths[0].values);
    CHECK(first.strengths[0].values != other.strengths[0].values);
    CHECK(std::abs(first.strengths[0].values[0]) < 0.01);
    CHECK(first.strengths[1].values == std::vector<double>{0.0, 0.0});
    CHECK(again.strengths[1].values != std::vector<double>{0.0, 0.0});
}

TEST_CASE("architecture parameters come back from JSON as they were", "[search][architecture]") {
    const Fixture fixture(tests::taking_cells());
    Architecture architecture = fixture.architecture;
    architecture.strengths[0].values[1] = 1.0 / 3.0;
    const Architecture back =
        architecture_from_json(parse_json(dump_json(to_json(architecture)), "test"));
    REQUIRE(back.strengths.size() == architecture.strengths.size());
    for (std::size_t i = 0; i < back.strengths.size(); ++i) {
        CHECK(back.strengths[i].strength == architecture.strengths[i].strength);
        CHECK(back.strengths[i].values == architecture.strengths[i].values);
    }
    CHECK_THROWS_AS(architecture_from_json(parse_json(R"([{"name":"a"}])", "test")), Error);
}

TEST_CASE("expected weights are those of the method", "[search][architecture]") {
    const StrengthValues values{.strength = {.entries = {0, 1}, .name = "a"}, .values = {0.0, 1.0}};
    const double e = std::exp(1.0);
    CHECK(expected_weights(values, OptionWeights::softmax)[1] == Approx(e / (1.0 + e)));
    CHECK(expected_weights(values, OptionWeights::sigmoid)[1] == Approx(e / (1.0 + e)));
    CHECK(expected_weights(values, OptionWeights::sigmoid)[0] == Approx(0.5));
    // elu(0) + 1 = 1, elu(1) + 1 = 2
    CHECK(expected_weights(values, OptionWeights::dirichlet)[1] == Approx(2.0 / 3.0));
}

TEST_CASE("where all edges are read each ends with its strongest option, none among them",
          "[search][discretise]") {
    Fixture fixture(tests::dense_cells());
    for (const char* edge : kEdges)
        values_of(fixture.architecture, edge) = {0.1, 0.2, 0.4, 0.3};
    values_of(fixture.architecture, kEdges[3]) = {0.9, 0.2, 0.4, 0.3};
    const Genotype kept = fixture.discretised().value();
    CHECK(fixture.op(kept, kEdges[0]) == "conv");
    CHECK(fixture.op(kept, kEdges[3]) == "none");
    const Genotype dropped = fixture.discretised({.none = NoneRule::drop}).value();
    CHECK(fixture.op(dropped, kEdges[3]) == "conv");
}

TEST_CASE("a node takes the edges with the largest summed strength", "[search][discretise]") {
    Fixture fixture(tests::taking_cells());
    // The second node's edges: from the two inputs and the first node.
    values_of(fixture.architecture, "cell.node2.from0") = {0.0, 2.0, 0.0};
    values_of(fixture.architecture, "cell.node2.from1") = {0.5, 0.0, 0.0};
    values_of(fixture.architecture, "cell.node2.from2") = {0.0, 0.0, 1.0};
    Genotype genotype = fixture.discretised().value();
    CHECK(fixture.op(genotype, "cell.node2.inputs") == "0+2");
    CHECK(fixture.op(genotype, "cell.node2.from0") == "conv");
    CHECK(fixture.op(genotype, "cell.node2.from2") == "pool");
    // Weights of edges count, too.
    values_of(fixture.architecture, "cell.node2.inputs") = {0.0, 1.0, -1.0};
    genotype = fixture.discretised().value();
    CHECK(fixture.op(genotype, "cell.node2.inputs") == "0+1");
}

TEST_CASE("the weakest of too many skips become the next best option", "[search][discretise]") {
    Fixture fixture(tests::dense_cells());
    for (std::size_t i = 0; i < 6; ++i)
        values_of(fixture.architecture, kEdges[i]) = {
            0.0, 1.0 + 0.1 * static_cast<double>(i), i == 0 ? 0.5 : 0.1, i == 0 ? 0.1 : 0.5};
    const Genotype limited = fixture.discretised({.max_skips = 2}).value();
    CHECK(fixture.op(limited, kEdges[0]) == "conv");
    for (std::size_t i = 1; i < 4; ++i)
        CHECK(fixture.op(limited, kEdges[i]) == "pool");
    CHECK(fixture.op(limited, kEdges[4]) == "skip");
    CHECK(fixture.op(limited, kEdges[5]) == "skip");
    const Census before = take_census(*fixture.space, fixture.open, fixture.discretised().value());
    CHECK(before.has_all_skips);
    CHECK(before.most_skips == 6);
    CHECK(take_census(*fixture.space, fixture.open, limited).skips == 2);
}

TEST_CASE("a requirement takes the feasible combination that loses least", "[search][discretise]") {
    Fixture fixture(tests::dense_cells(R"(
require: ["cell.node1.from0 != 'conv' or cell.node2.from0 != 'conv'"]
)"));
    for (const char* edge : kEdges)
        values_of(fixture.architecture, edge) = {0.0, 0.0, 1.0, 0.0};
    values_of(fixture.architecture, kEdges[1]) = {0.0, 0.0, 1.0, 0.5};
    const Genotype genotype = fixture.discretised().value();
    CHECK(fixture.op(genotype, kEdges[0]) == "conv");
    CHECK(fixture.op(genotype, kEdges[1]) == "pool");
}

TEST_CASE("nothing is discretised where no combination is feasible", "[search][discretise]") {
    Fixture fixture(tests::dense_cells(R"(
require: ["cell.node1.from0 == 'conv'"]
)"));
    for (StrengthValues& each : fixture.architecture.strengths)
        if (each.strength.name == kEdges[0])
            each = {.strength = {.param = each.strength.param, .entries = {1}, .name = kEdges[0]},
                    .values = {0.0}};
    CHECK_FALSE(fixture.discretised());
}

TEST_CASE("a trade-off begins with the strongest network and spreads over the costs",
          "[search][trade_off]") {
    Fixture fixture(tests::dense_cells());
    AdditiveCost cost{.metric = "cost", .options = std::vector<std::vector<double>>(6)};
    for (std::size_t i = 0; i < 6; ++i) {
        values_of(fixture.architecture, kEdges[i]) = {
            0.0, 0.1 * static_cast<double>(i), 0.2, 0.15 * static_cast<double>(6 - i)};
        cost.options[tests::index_of(*fixture.space, kEdges[i])] = {0.0, 0.0, 3.0, 1.0};
    }
    const Preferences preferences =
        preferences_of(fixture.architecture, OptionWeights::softmax, *fixture.space, fixture.open);
    const TradeOffSearch search{.space = *fixture.space,
                                .open = fixture.open,
                                .preferences = preferences,
                                .base = middle_genotype(fixture.space->params()),
                                .cost = &cost,
                                .accept = [](const Genotype&) { return true; }};
    const std::vector<TradeOff> found = trade_offs(search, 4);
    REQUIRE(found.size() == 5);
    CHECK(found[0].genotype == fixture.discretised().value());
    for (std::size_t i = 2; i < found.size(); ++i)
        CHECK(found[i - 1].cost <= found[i].cost);
    CHECK(found[1].cost == 0.0);   // skips alone
    CHECK(found[4].cost == 18.0);  // convolutions alone
    // With a limit the strongest that meets it comes first.
    TradeOffSearch limited = search;
    limited.accept = [&](const Genotype& genotype) {
        return predict(cost, fixture.space->params(), genotype) < found[0].cost;
    };
    const std::vector<TradeOff> below = trade_offs(limited, 0);
    REQUIRE(below.size() == 1);
    CHECK(below[0].cost < found[0].cost);
    CHECK(below[0].cost_weight > 0.0);
}

TEST_CASE("schedules begin and end where they say", "[search][schedules]") {
    CHECK(linear(10.0, 0.1, share_of_way(0, 5)) == 10.0);
    CHECK(linear(10.0, 0.1, share_of_way(4, 5)) == Approx(0.1));
    CHECK(cosine(0.025, 0.001, share_of_way(0, 50)) == Approx(0.025));
    CHECK(cosine(0.025, 0.001, share_of_way(49, 50)) == Approx(0.001));
    CHECK(share_of_way(0, 1) == 0.0);
    CHECK(skip_dropout(0.3, 0) == 0.3);
    CHECK(skip_dropout(0.3, 5) == Approx(0.3 * std::exp(-1.0)));
}

TEST_CASE("a stage keeps the strongest options, and all edges", "[search][schedules]") {
    Fixture fixture(tests::taking_cells());
    values_of(fixture.architecture, "cell.node2.from0") = {0.3, 0.1, 0.2};
    const Architecture kept = strongest(fixture.architecture, 2);
    for (const StrengthValues& each : kept.strengths) {
        if (each.strength.kind == spaces::Strength::Kind::edges)
            CHECK(each.values.size() >= 2);
        else
            CHECK(each.values.size() == 2);
        if (each.strength.name == "cell.node2.from0") {
            CHECK(each.strength.entries == std::vector<std::size_t>{0, 2});
            CHECK(each.values == std::vector<double>{0.3, 0.2});
        }
    }
}

TEST_CASE("skips of a chain are no collapse until nothing else is left", "[search][discretise]") {
    const auto chain = tests::read_space(R"(
name: chain@1
input: {image: [1, 8, 8]}
output: {classes: 2}
body:
  - conv: {name: stem, out: 4, norm: batch}
  - repeat:
      name: stage
      times: 5
      body:
        - choice:
            name: op
            options:
              - identity: {name: skip}
              - conv: {out: 4, kernel: 3, norm: batch}
  - head: {}
)");
    const OpenChoices open = find_open_choices(*chain);
    Genotype genotype = middle_genotype(chain->params());
    for (auto& value : genotype.values)
        value = std::int64_t{0};
    CHECK(take_census(*chain, open, genotype).has_all_skips);
    genotype.values.back() = std::int64_t{1};
    const Census census = take_census(*chain, open, genotype);
    CHECK(census.skips == 4);
    CHECK(census.most_skips == 0);
    CHECK_FALSE(census.has_all_skips);
}

}  // namespace parnas::search
