// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <set>

#include <nlohmann/json.hpp>

#include "search/pareto.h"
#include "search/samplers/evolution/nsga2.h"
#include "search/samplers/explored.h"
#include "search/samplers/grid.h"
#include "search/samplers/local_search.h"
#include "search/samplers/qmc.h"
#include "search/samplers/random.h"
#include "search/samplers/ranking.h"
#include "search/samplers/regularized_evolution.h"
#include "search/samplers/tpe/tpe.h"
#include "search/samplers/variation.h"
#include "search/strategy.h"
#include "tests/search/ask_and_tell.h"
#include "tests/search/read_options.h"
#include "tests/support/catch.h"
#include "tests/support/spaces.h"

namespace parnas::search {
namespace {

using tests::ask;
using tests::ask_and_tell;
using tests::best_of;
using tests::choice;
using tests::FakeSpace;

// Accuracy of a cell like NAS-Bench-201's: ops differ in worth, and neighbouring edges in
// how well they go together. Minimised.
std::vector<double> cell_error(const Genotype& genotype) {
    static constexpr double kWorth[5] = {-1.0, 0.3, 0.7, 1.0, 0.1};
    double worth = 0.0;
    for (std::size_t i = 0; i < 6; ++i) {
        const std::int64_t op = choice(genotype, i);
        worth += kWorth[op];
        worth += (op * 3 + choice(genotype, (i + 1) % 6)) % 5 == 0 ? 0.5 : 0.0;
    }
    return {-worth};
}

double zdt1_hypervolume(Sampler& sampler, const FakeSpace& space, std::uint64_t seed) {
    std::vector<Point> points;
    for (const Trial& trial : ask_and_tell(sampler, space, tests::zdt1, 300, seed))
        points.push_back(trial.objectives);
    return hypervolume(points, Point{1.1, 6.0});
}

}  // namespace

TEST_CASE("several proposals of one ask are different", "[search][sampler]") {
    const FakeSpace space = tests::cell_space();
    const SamplerSetup setup{.space = space};
    const std::unique_ptr<Sampler> samplers[] = {
        make_random_sampler({}, setup),
        make_regularized_evolution_sampler({.population = 10}, setup),
        make_local_search_sampler({}, setup),
        make_nsga2_sampler({.population = 10}, setup),
        make_grid_sampler({}, setup),
        make_qmc_sampler({}, setup),
        make_tpe_sampler({}, setup)};
    for (const std::unique_ptr<Sampler>& sampler : samplers) {
        ask_and_tell(*sampler, space, cell_error, 60, 7);
        std::set<std::vector<Value>> seen;
        for (const Proposal& proposal : ask(*sampler, space, 60, {}, 7, 8))
            seen.insert(proposal.genotype.values);
        CHECK(seen.size() == 8);
    }
}

TEST_CASE("a different value is in the domain and differs", "[search][variation]") {
    Rng rng(1);
    const std::vector<spaces::Domain> domains = {
        spaces::Categorical{.choices = {Scalar(true), Scalar(false)}},
        spaces::Integer{.low = 1, .high = 3},
        spaces::Integer{.low = 1, .high = 1024, .log = true},
        spaces::Integer{.low = 8, .high = 64, .step = 8},
        spaces::Real{.low = -1.0, .high = 1.0},
        spaces::Real{.low = 0.0, .high = 0.9, .step = 0.3},
        spaces::Real{.low = 1e-5, .high = 1.0, .log = true}};
    for (const spaces::Domain& domain : domains)
        for (int i = 0; i < 200; ++i) {
            const Value old = spaces::sample(domain, rng);
            const auto value = different_value(domain, old, rng);
            REQUIRE(value.has_value());
            REQUIRE(spaces::contains(domain, *value));
            REQUIRE(*value != old);
        }
    CHECK_FALSE(different_value(spaces::Integer{.low = 2, .high = 2}, Value(std::int64_t{2}), rng));
}

TEST_CASE("every other choice comes up as a mutation", "[search][variation]") {
    Rng rng(2);
    const FakeSpace space = tests::small_space();
    const Genotype parent{{std::int64_t{1}, std::int64_t{2}}};
    std::set<std::vector<Value>> children;
    for (int i = 0; i < 200; ++i)
        children.insert(mutate_one(space.params(), parent, Pick::parameter, rng).genotype.values);
    CHECK(children.size() == 2 + 3);
}

// Chance to fail by bad luck: the share of node1 is 1/3 with a standard deviation of 0.0086; the
// bounds are 5 of them away.
TEST_CASE("a mutation by blocks gives every node the same chance", "[search][variation]") {
    Rng rng(5);
    FakeSpace::Parts parts;
    for (const char* name : {"cell.node1.from0", "cell.node2.from0", "cell.node2.from1", "lr"})
        parts.params.push_back(tests::categorical(name, 5));
    const FakeSpace space(std::move(parts));
    const Genotype parent{std::vector<Value>(4, std::int64_t{1})};
    std::array<int, 4> changes{};
    for (int i = 0; i < 3000; ++i)
        ++changes.at(mutate_one(space.params(), parent, Pick::block, rng).changed.at(0));
    for (const int share : {changes[0], changes[1] + changes[2], changes[3]}) {
        CHECK(share > 1000 - 130);
        CHECK(share < 1000 + 130);
    }
    CHECK(changes[1] > 400);
    CHECK(changes[2] > 400);
}

TEST_CASE("only active parameters are mutated, and new ones are drawn", "[search][variation]") {
    Rng rng(3);
    const FakeSpace space = tests::mixed_space();
    const Genotype parent{{std::int64_t{0}, 0.1, 0.0, std::int64_t{1}, std::int64_t{8}}};
    std::set<double> momenta;
    for (int i = 0; i < 300; ++i) {
        const Mutant mutant = mutate_one(space.params(), parent, Pick::parameter, rng);
        REQUIRE(mutant.changed.size() == 1);
        CHECK((mutant.changed[0] == 0 || mutant.changed[0] == 1 || mutant.changed[0] == 3));
        CHECK(spaces::normalised(space.params(), mutant.genotype) == mutant.genotype);
        if (choice(mutant.genotype, 0) == 1)
            momenta.insert(std::get<double>(mutant.genotype.values[2]));
    }
    CHECK(momenta.size() > 3);
}

TEST_CASE("a child of two parents has each value from one of them", "[search][variation]") {
    Rng rng(4);
    const FakeSpace space = tests::cell_space();
    const Genotype a{std::vector<Value>(6, std::int64_t{1})};
    const Genotype b{std::vector<Value>(6, std::int64_t{4})};
    std::set<std::vector<Value>> children;
    for (int i = 0; i < 500; ++i) {
        const Genotype child = cross(space.params(), a, b, rng);
        CHECK(std::ranges::all_of(child.values, [](const Value& value) {
            return value == Value(std::int64_t{1}) || value == Value(std::int64_t{4});
        }));
        children.insert(child.values);
    }
    CHECK(children.size() == 64);
}

TEST_CASE("individuals within the limits rank before those outside", "[search][ranking]") {
    const std::vector<Individual> individuals = {{.objectives = {5, 5}},
                                                 {.objectives = {1, 1}, .violation = 0.5},
                                                 {.objectives = {4, 6}},
                                                 {.objectives = {6, 6}},
                                                 {.violation = 0.1},
                                                 {.violation = 0.1}};
    std::vector<std::size_t> ranks;
    for (const Fitness& each : fitness(individuals))
        ranks.push_back(each.rank);
    CHECK(ranks == std::vector<std::size_t>{0, 3, 0, 1, 2, 2});
}

TEST_CASE("a genotype that means the same as a told one is not new", "[search][explored]") {
    const FakeSpace space = tests::small_space();
    const Known by_first_value = [](const Genotype& genotype) {
        return KnownFacts{.identity = {.low = static_cast<std::uint64_t>(choice(genotype, 0))}};
    };
    Explored explored(space);
    explored.tell({{std::int64_t{1}, std::int64_t{0}}});
    const std::vector<Candidate> pending = {{.genotype = {{std::int64_t{2}, std::int64_t{0}}}}};
    explored.begin_ask(pending);
    CHECK_FALSE(explored.is_new({{std::int64_t{1}, std::int64_t{3}}}, by_first_value));
    CHECK_FALSE(explored.is_new({{std::int64_t{2}, std::int64_t{3}}}, by_first_value));
    CHECK(explored.is_new({{std::int64_t{0}, std::int64_t{3}}}, by_first_value));
    explored.begin_ask({});
    CHECK(explored.is_new({{std::int64_t{2}, std::int64_t{3}}}, by_first_value));
}

TEST_CASE("with repeats a small space never ends and nothing is identified", "[search][sampler]") {
    const FakeSpace space = tests::small_space();
    const SamplerSetup setup{.space = space};
    const std::unique_ptr<Sampler> samplers[] = {
        make_random_sampler({.repeats = Repeats::allowed}, setup),
        make_regularized_evolution_sampler({.population = 10, .repeats = Repeats::allowed}, setup)};
    const Known nobody_asks = [](const Genotype&) -> KnownFacts {
        throw Error(ErrorKind::internal, "identified a genotype");
    };
    for (const std::unique_ptr<Sampler>& sampler : samplers) {
        std::set<std::vector<Value>> seen;
        for (TrialNumber number = 0; number < 200; ++number) {
            Rng rng = Rng(3).fork(static_cast<std::uint64_t>(number));
            const auto proposals = sampler->ask(
                {.space = space, .number = number, .pending = {}, .rng = rng, .known = nobody_asks},
                1);
            REQUIRE(proposals.size() == 1);
            seen.insert(proposals[0].genotype.values);
            const Trial trial{
                .number = number, .genotype = proposals[0].genotype, .objectives = {0.0}};
            sampler->tell({&trial, 1});
        }
        CHECK(seen.size() == 12);
    }
}

TEST_CASE("options out of range are faults with their place", "[search][sampler]") {
    Faults faults;
    const Json json = {{"population", 1}, {"crossover", 2.0}};
    tests::read_options(read_nsga2, json, faults);
    REQUIRE(faults.list().size() == 2);
    CHECK(faults.list()[0].where == "/strategy/population");
    CHECK(faults.list()[1].where == "/strategy/crossover");
}

TEST_CASE("a sampler's strategy waits while trials are pending and ends when none are",
          "[search][strategy]") {
    const FakeSpace space = tests::small_space();
    const auto strategy = make_sampler_strategy(make_random_sampler({}, {.space = space}));
    const Known known = tests::genotype_facts;
    std::vector<Candidate> pending;
    std::vector<Finished> told;
    Rng rng(1);
    const auto next = [&](TrialNumber number) {
        return strategy->next(
            {.space = space, .number = number, .pending = pending, .rng = rng, .known = known});
    };
    for (TrialNumber number = 0; number < 12; ++number) {
        const Step step = next(number);
        REQUIRE(std::holds_alternative<Proposal>(step));
        pending.push_back({.number = number, .genotype = std::get<Proposal>(step).genotype});
        told.emplace_back(Trial{.number = number, .genotype = pending.back().genotype});
    }
    CHECK(std::holds_alternative<Wait>(next(12)));
    pending.clear();
    strategy->tell(told);
    const Step step = next(12);
    REQUIRE(std::holds_alternative<Done>(step));
    CHECK(std::get<Done>(step).reason == "the space is exhausted after 12 trials");
}

// Were both equally good, it would pass with a chance of 0.0002 for seeds drawn anew. It won
// with all of 200 other seeds.
TEST_CASE("NSGA-II beats random search on ZDT1 in 18 of 20 seeds", "[search][nsga2]") {
    const FakeSpace space = tests::real_space(8);
    const SamplerSetup setup{.space = space, .objectives = 2};
    int wins = 0;
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        const auto evolution = make_nsga2_sampler({}, setup);
        const auto random = make_random_sampler({}, setup);
        wins += zdt1_hypervolume(*evolution, space, seed) > zdt1_hypervolume(*random, space, seed);
    }
    CHECK(wins >= 18);
}

// Were both equally good, it would pass with a chance of at most 0.0011 for seeds drawn anew;
// ties count as losses. It won with 894 of 1000 seeds and tied with 84, so for fresh seeds it
// would fail with a chance of 0.002.
TEST_CASE("regularized evolution beats random search on a cell space in 30 of 40 seeds",
          "[search][regularized_evolution]") {
    const FakeSpace space = tests::cell_space();
    int wins = 0;
    for (std::uint64_t seed = 1000; seed < 1040; ++seed) {
        const auto evolution = make_regularized_evolution_sampler({}, {.space = space});
        const auto random = make_random_sampler({}, {.space = space});
        wins += best_of(ask_and_tell(*evolution, space, cell_error, 200, seed)) <
                best_of(ask_and_tell(*random, space, cell_error, 200, seed));
    }
    CHECK(wins >= 30);
}

}  // namespace parnas::search
