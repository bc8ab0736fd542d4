// SPDX-License-Identifier: Apache-2.0
#include "search/samplers/gp/gp.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "evaluators/synthetic_functions.h"
#include "tests/search/ask_and_tell.h"
#include "tests/search/read_options.h"
#include "tests/search/test_functions.h"
#include "tests/support/catch.h"
#include "tests/support/spaces.h"

namespace parnas::search {
namespace {

using evaluators::square;
using tests::ask;
using tests::ask_and_tell;
using tests::at;
using tests::best_of;
using tests::FakeSpace;

constexpr GpOptions kQuick{.startup = 6, .candidates = 128};

// Minimum 0 at (0.8, 0.2).
std::vector<double> bowl(const Genotype& genotype) {
    return {square(at(genotype, 0) - 0.8) + square(at(genotype, 1) - 0.2)};
}

}  // namespace

TEST_CASE("gp's options are checked", "[search][gp]") {
    const Json json = {{"startup", 0}, {"most", 3}, {"candidates", 0}, {"noise", true}};
    Faults faults;
    tests::read_options(read_gp, json, faults);
    std::vector<std::string> places;
    for (const auto& fault : faults.list())
        places.push_back(fault.where);
    CHECK(places ==
          std::vector<std::string>{
              "/strategy/startup", "/strategy/most", "/strategy/candidates", "/strategy/noise"});
    const FakeSpace space = tests::real_space(1);
    CHECK_THROWS_WITH(make_gp_sampler({}, {.space = space, .objectives = 2}),
                      Catch::Contains("one objective: got 2"));
}

TEST_CASE("gp finds the minimum of a bowl, whatever is added to it", "[search][gp]") {
    const FakeSpace space = tests::real_space(2);
    for (const bool deterministic : {true, false}) {
        const auto sampler = make_gp_sampler(
            {.startup = 6, .deterministic = deterministic, .candidates = 128}, {.space = space});
        CHECK(best_of(ask_and_tell(*sampler, space, bowl, 20, 1)) < 1e-4);
    }
    const auto sampler = make_gp_sampler(kQuick, {.space = space});
    const auto shifted = [](const Genotype& genotype) {
        return std::vector<double>{1e3 + 50.0 * bowl(genotype)[0]};
    };
    CHECK(best_of(ask_and_tell(*sampler, space, shifted, 20, 1)) < 1e3 + 50.0 * 1e-4);
}

// "kind" wakes x or y; the minimum, 0, is at y = 0.3 with "kind" 1.
TEST_CASE("gp searches the branches of a conditional space", "[search][gp]") {
    const auto when = [](std::int64_t choice) {
        return spaces::Condition{.parent = 0, .active = spaces::ChoiceSet{{choice}}};
    };
    const spaces::Real unit{.low = 0.0, .high = 1.0};
    const FakeSpace space({.name = "branches@1",
                           .params = {tests::categorical("kind", 2),
                                      {.name = "x", .domain = unit, .condition = when(0)},
                                      {.name = "y", .domain = unit, .condition = when(1)}}});
    const auto loss = [](const Genotype& genotype) {
        return std::vector<double>{tests::choice(genotype, 0) == 0
                                       ? 0.05 + square(at(genotype, 1) - 0.6)
                                       : square(at(genotype, 2) - 0.3)};
    };
    const auto sampler = make_gp_sampler(kQuick, {.space = space});
    CHECK(best_of(ask_and_tell(*sampler, space, loss, 25, 2)) < 1e-4);
}

TEST_CASE("gp finds the best of choices in few trials", "[search][gp]") {
    const FakeSpace space = tests::cell_space();  // 15,625 points
    const auto wrong = [](const Genotype& genotype) {
        double sum = 0.0;
        for (std::size_t i = 0; i < 6; ++i)
            sum += tests::choice(genotype, i) == static_cast<std::int64_t>(i % 5) ? 0.0 : 1.0;
        return std::vector<double>{sum};
    };
    const auto sampler = make_gp_sampler(kQuick, {.space = space});
    CHECK(best_of(ask_and_tell(*sampler, space, wrong, 60, 3)) == 0.0);
}

// The bowl's minimum is over the limit; the best within is 0.09, at x0 = 0.5.
TEST_CASE("gp keeps within limits that it learns", "[search][gp]") {
    const FakeSpace space = tests::real_space(2);
    const Limits limits = {{"size", 0.5}};
    for (const bool evaluated : {true, false}) {
        const auto sampler = make_gp_sampler(kQuick, {.space = space, .limits = limits});
        std::vector<Trial> trials;
        double furthest = 0.0;  // over the limit, of the later trials
        for (TrialNumber number = 0; number < 40; ++number) {
            Trial trial{.number = number,
                        .genotype = ask(*sampler, space, number, {}, 4).at(0).genotype};
            const double size = at(trial.genotype, 0);
            trial.metrics["size"] = size;
            trial.violation = std::max(0.0, size / 0.5 - 1.0);
            if (evaluated || trial.violation == 0.0)
                trial.objectives = bowl(trial.genotype);
            else
                trial.state = TrialState::fail;
            if (number >= 20)
                furthest = std::max(furthest, trial.violation);
            sampler->tell({&trial, 1});
            trials.push_back(trial);
        }
        CHECK(best_of(trials) < 0.0905);
        CHECK(furthest < 0.2);
        const std::string reason = ask(*sampler, space, 40, {}, 4).at(0).attributes.at("reason");
        CHECK_THAT(reason, Catch::Contains("within the limits with probability "));
    }
}

TEST_CASE("gp keeps away from where trials fail", "[search][gp]") {
    const FakeSpace space = tests::real_space(2);
    const auto fails = [](const Genotype& genotype) {
        return at(genotype, 0) > 0.7 ? std::vector<double>{} : bowl(genotype);
    };
    const auto sampler = make_gp_sampler(kQuick, {.space = space});
    const std::vector<Trial> trials = ask_and_tell(*sampler, space, fails, 40, 5);
    CHECK(best_of(trials) < 0.02);
    const auto late = std::span(trials).last(20);
    CHECK(std::ranges::count(late, TrialState::fail, &Trial::state) < 12);
}

TEST_CASE("gp keeps away from pending trials and from its own proposals", "[search][gp]") {
    const FakeSpace space = tests::real_space(2);
    const auto sampler = make_gp_sampler(kQuick, {.space = space});
    ask_and_tell(*sampler, space, bowl, 12, 6);
    const Genotype first = ask(*sampler, space, 12, {}, 6).at(0).genotype;
    const std::vector<Candidate> pending = {{.genotype = first}};
    const auto others = ask(*sampler, space, 12, pending, 6, 3);
    REQUIRE(others.size() == 3);
    const auto distance = [](const Genotype& a, const Genotype& b) {
        return std::hypot(at(a, 0) - at(b, 0), at(a, 1) - at(b, 1));
    };
    CHECK(distance(first, others[0].genotype) > 1e-4);
    CHECK(distance(others[0].genotype, others[1].genotype) > 1e-4);
    CHECK(distance(others[1].genotype, others[2].genotype) > 1e-4);
    CHECK(ask(*sampler, space, 12, {}, 6).at(0).genotype == first);
    const std::string reason = others[0].attributes.at("reason");
    CHECK_THAT(reason, Catch::StartsWith("\"log expected improvement "));
    CHECK_THAT(reason, Catch::Contains(": predicted "));
}

// The optimum of Branin is 0.3979; Hartmann-6 has -3.322, and a local one of -3.203.
TEST_CASE("gp finds the optima of smooth functions", "[search][gp][slow]") {
    const auto gp = [](const SamplerSetup& setup) { return make_gp_sampler({}, setup); };
    const tests::Searches few{.seeds = 5, .trials = 60};
    CHECK(tests::median_best(gp, tests::branin_space(), tests::synthetic("branin"), few) <= 0.398);
    CHECK(tests::median_best(gp, tests::real_space(6), tests::synthetic("hartmann6"), few) <=
          -3.19);
}

}  // namespace parnas::search
