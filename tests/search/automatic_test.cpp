// SPDX-License-Identifier: Apache-2.0
#include "search/automatic/automatic.h"

#include <nlohmann/json.hpp>

#include "search/automatic/rules.h"
#include "search/builtins.h"
#include "tests/search/ask_and_tell.h"
#include "tests/search/cell_documents.h"
#include "tests/support/catch.h"
#include "tests/support/networks.h"
#include "tests/support/spaces.h"

using namespace parnas;
using namespace parnas::search;

namespace {

spaces::Param number(std::string name) {
    return {.name = std::move(name), .domain = spaces::Real{.low = 0.0, .high = 1.0}};
}

tests::FakeSpace numbers(int count) {
    tests::FakeSpace::Parts parts;
    for (int i = 0; i < count; ++i)
        parts.params.push_back(number(std::string(1, static_cast<char>('a' + i))));
    return tests::FakeSpace(parts);
}

std::string type_of(const Suited& suited) {
    return parse_json(suited.strategy, "strategy").at("type");
}

Registry<StrategyFactory> builtins() {
    Registries registries;
    register_strategies(registries);
    return registries.strategies;
}

Proposal ask(Strategy& strategy, const spaces::SearchSpace& space, TrialNumber number) {
    Rng rng(static_cast<std::uint64_t>(number));
    const Known known = tests::genotype_facts;
    return std::get<Proposal>(strategy.next(
        {.space = space, .number = number, .pending = {}, .rng = rng, .known = known}));
}

}  // namespace

TEST_CASE("the shape of a problem tells its parameters and whether they make a network",
          "[search][automatic]") {
    tests::FakeSpace::Parts parts;
    parts.params = {tests::categorical("kind", 3), tests::categorical("only", 1), number("rate")};
    parts.params[2].condition = spaces::Condition{0, spaces::ChoiceSet{{1}}};
    const tests::FakeSpace space(parts);
    const Shape shape = shape_of({.space = space, .objectives = 2});
    CHECK(shape.objectives == 2);
    CHECK(shape.numbers == 1);
    CHECK(shape.choices == 1);
    CHECK(shape.conditional == 1);
    CHECK_FALSE(shape.networks);
    parts.network = [](const Genotype&) { return tests::small_mlp(4, 3, 2); };
    const tests::FakeSpace of_networks(parts);
    CHECK(shape_of({.space = of_networks}).networks);
    CHECK_FALSE(shape_of({.space = of_networks}).cells);
}

TEST_CASE("networks of cells are searched by a model of what cells compute at first",
          "[search][automatic]") {
    const auto space = tests::dense_cells();
    for (const std::size_t objectives : {1, 2}) {
        const auto suited =
            suited_strategies(shape_of({.space = *space, .objectives = objectives}));
        REQUIRE(suited.size() == 2);
        CHECK(type_of(suited[0]) == "bananas");
        CHECK(type_of(suited[1]) == (objectives == 1 ? "regularized_evolution" : "nsga2"));
    }
}

TEST_CASE("every shape has strategies, from the first trial on and with reasons",
          "[search][automatic]") {
    const Registry<StrategyFactory> strategies = builtins();
    for (const std::size_t objectives : {1, 2, 3, 5})
        for (const std::size_t numbers : {0, 1, 5, 150})
            for (const std::size_t choices : {0, 6, 40})
                for (const std::size_t conditional : {0, 1})
                    for (const int network : {0, 1, 2}) {
                        const auto suited = suited_strategies({.objectives = objectives,
                                                               .numbers = numbers,
                                                               .choices = choices,
                                                               .conditional = conditional,
                                                               .networks = network > 0,
                                                               .cells = network > 1});
                        REQUIRE_FALSE(suited.empty());
                        CHECK(suited[0].from == 0);
                        for (std::size_t i = 0; i < suited.size(); ++i) {
                            CHECK(strategies.has(type_of(suited[i])));
                            CHECK_FALSE(suited[i].reason.empty());
                            CHECK((i == 0 || suited[i - 1].from < suited[i].from));
                        }
                    }
}

TEST_CASE("a Gaussian process is for few parameters, objectives and trials",
          "[search][automatic]") {
    const auto few = suited_strategies({.numbers = 5, .choices = 2});
    REQUIRE(few.size() == 2);
    CHECK(type_of(few[0]) == "gp");
    CHECK(type_of(few[1]) == "tpe");
    const auto two = suited_strategies({.objectives = 2, .numbers = 5});
    CHECK(type_of(two[0]) == "gp");
    CHECK(type_of(two[1]) == "nsga2");
    CHECK(type_of(suited_strategies({.numbers = 150})[0]) == "tpe");
    CHECK(type_of(suited_strategies({.objectives = 8, .numbers = 5})[0]) == "tpe");
}

TEST_CASE("every proposal of auto says whose it is and why", "[search][automatic]") {
    const tests::FakeSpace space = numbers(3);
    const auto strategy = make_automatic({.space = space}, builtins());
    store::TrialRecord trial;
    CHECK_FALSE(chosen_strategy(trial));
    trial.user_attributes = ask(*strategy, space, 0).attributes;
    const Suited first = suited_strategies(shape_of({.space = space}))[0];
    const auto said = chosen_strategy(trial);
    REQUIRE(said);
    CHECK(said->type == type_of(first));
    CHECK(said->reason == first.reason);
    for (const char* of_others : {"\"tpe\"", "{}", "{\"type\": 3}", "[1]", "no JSON"}) {
        trial.user_attributes["strategy"] = of_others;
        CHECK_FALSE(chosen_strategy(trial));
    }
}

TEST_CASE("what takes over in a long study has heard all that was before", "[search][automatic]") {
    const tests::FakeSpace space = numbers(2);
    const SamplerSetup setup{.space = space, .objectives = 2};
    const auto suited = suited_strategies(shape_of(setup));
    REQUIRE(suited.size() > 1);
    const Suited& last = suited.back();

    std::vector<Finished> history;
    Rng rng(1);
    for (TrialNumber i = 0; i < last.from; ++i) {
        const Genotype genotype = spaces::sample_feasible(space, rng);
        history.emplace_back(Trial{.number = i,
                                   .genotype = genotype,
                                   .objectives = {std::get<double>(genotype.values[0]),
                                                  std::get<double>(genotype.values[1])}});
    }
    const auto automatic = make_automatic(setup, builtins());
    automatic->tell(history);
    const Json options = parse_json(last.strategy, "strategy");
    Faults faults;
    ObjectReader reader(options, "strategy", faults);
    const std::string type = reader.text("type");
    const auto alone = builtins().find(type)(reader, setup);
    alone->tell(history);

    const Proposal proposal = ask(*automatic, space, last.from);
    CHECK(proposal.genotype == ask(*alone, space, last.from).genotype);
    CHECK(parse_json(proposal.attributes.at("strategy"), "attribute").at("type") == type);
    CHECK(parse_json(ask(*automatic, space, last.from - 1).attributes.at("strategy"), "attribute")
              .at("type") != type);
}
