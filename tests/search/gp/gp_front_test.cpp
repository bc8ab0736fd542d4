// SPDX-License-Identifier: Apache-2.0
#include "search/samplers/gp/gp_front.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <string>
#include <vector>

#include "evaluators/synthetic_functions.h"
#include "search/fronts/hypervolume.h"
#include "search/pareto.h"
#include "search/samplers/random.h"
#include "tests/search/ask_and_tell.h"
#include "tests/support/catch.h"
#include "tests/support/spaces.h"

namespace parnas::search {
namespace {

using evaluators::square;
using tests::ask;
using tests::ask_and_tell;
using tests::at;
using tests::FakeSpace;

constexpr GpOptions kQuickFront{.startup = 6, .candidates = 128};

// The front is where x1 is 0.3, from (0, 1) to (1, 0).
std::vector<double> trade_off(const Genotype& genotype) {
    const double x = at(genotype, 0);
    const double off = square(at(genotype, 1) - 0.3);
    return {x + off, square(1.0 - x) + off};
}

double volume(std::span<const Trial> trials, const Point& reference) {
    std::vector<double> rows;
    for (const Trial& trial : trials)
        if (!trial.objectives.empty() && trial.violation <= 0.0)
            rows.insert(rows.end(), trial.objectives.begin(), trial.objectives.end());
    return hypervolume({.values = rows, .objectives = reference.size()}, reference);
}

std::string reason(const Proposal& proposal) {
    return proposal.attributes.at("reason");
}

// Trials as `evaluate` makes them.
std::vector<Trial> search_with(Sampler& sampler,
                               const FakeSpace& space,
                               const std::function<Trial(const Genotype&)>& evaluate,
                               TrialNumber count,
                               const Predict& predict = {}) {
    std::vector<Trial> trials;
    const Known known = tests::genotype_facts;
    for (TrialNumber number = 0; number < count; ++number) {
        Rng rng = Rng(3).fork(static_cast<std::uint64_t>(number));
        const auto proposals = sampler.ask({.space = space,
                                            .number = number,
                                            .pending = {},
                                            .rng = rng,
                                            .known = known,
                                            .predict = predict},
                                           1);
        REQUIRE(proposals.size() == 1);
        trials.push_back(evaluate(proposals[0].genotype));
        trials.back().number = number;
        sampler.tell({&trials.back(), 1});
    }
    return trials;
}

}  // namespace

TEST_CASE("gp fills the front of two objectives and of three", "[search][gp]") {
    const FakeSpace space = tests::real_space(2);
    for (const bool deterministic : {true, false}) {
        const auto sampler =
            make_gp_front_sampler({.startup = 6, .deterministic = deterministic, .candidates = 128},
                                  {.space = space, .objectives = 2});
        // The whole front has 2/3 + 0.1 + 0.1 + 0.01 above what it leaves.
        CHECK(volume(ask_and_tell(*sampler, space, trade_off, 25, 1), {1.1, 1.1}) > 0.83);
    }
    const auto three = [](const Genotype& genotype) {
        std::vector<double> result = trade_off(genotype);
        result.push_back(square(at(genotype, 1)));
        return result;
    };
    const auto sampler = make_gp_front_sampler(kQuickFront, {.space = space, .objectives = 3});
    const auto random = make_random_sampler({}, {.space = space, .objectives = 3});
    const Point reference{1.1, 1.1, 1.1};
    CHECK(volume(ask_and_tell(*sampler, space, three, 25, 1), reference) >
          1.05 * volume(ask_and_tell(*random, space, three, 25, 1), reference));
}

TEST_CASE("gp knows an objective exactly that is predicted", "[search][gp]") {
    const FakeSpace space = tests::real_space(2);
    const auto latency = [](const Genotype& genotype) {
        return 100.0 * std::round(8.0 * at(genotype, 0));
    };
    const Predict predict = [&](const Genotype& genotype) {
        Predicted predicted{.metrics = {{"latency_ms", latency(genotype)}}};
        if (at(genotype, 1) > 0.9)
            predicted.failure = Failure{.kind = FailureKind::infeasible};
        return predicted;
    };
    const SamplerSetup setup{
        .space = space,
        .objectives = 2,
        .goals = {{.metric = "error", .direction = Direction::maximize}, {.metric = "latency_ms"}}};
    const auto sampler = make_gp_front_sampler(kQuickFront, setup);
    const auto trials = search_with(
        *sampler,
        space,
        [&](const Genotype& genotype) {
            const double error = trade_off(genotype)[1];
            return Trial{.genotype = genotype,
                         .objectives = {error, latency(genotype)},
                         .metrics = {{"error", -error}, {"latency_ms", latency(genotype)}}};
        },
        30,
        predict);
    // The steps of the latency are found, each with nearly its smallest error; the last ones gain
    // hardly any.
    for (double wanted = 0.0; wanted <= 500.0; wanted += 100.0)
        CHECK(std::ranges::any_of(trials, [&](const Trial& trial) {
            const double best = square(std::max(0.0, 1.0 - (wanted + 50.0) / 800.0));
            return trial.objectives[1] == wanted && trial.objectives[0] < best + 0.05;
        }));
    CHECK(std::ranges::none_of(std::span(trials).last(20),
                               [](const Trial& trial) { return at(trial.genotype, 1) > 0.9; }));
    Rng rng(4);
    const Known known = tests::genotype_facts;
    const auto last = sampler->ask({.space = space,
                                    .number = 30,
                                    .pending = {},
                                    .rng = rng,
                                    .known = known,
                                    .predict = predict},
                                   1);
    CHECK_THAT(reason(last.at(0)), Catch::Contains("; error -") && Catch::Contains(" +- "));
    CHECK_THAT(reason(last.at(0)),
               Catch::Contains("; latency_ms ") && Catch::EndsWith(" for certain\""));
}

TEST_CASE("gp does not take for known what is measured otherwise", "[search][gp]") {
    const FakeSpace space = tests::real_space(2);
    const Predict predict = [](const Genotype& genotype) {
        return Predicted{.metrics = {{"latency_ms", 2.0 * at(genotype, 0)}}};
    };
    const auto sampler =
        make_gp_front_sampler(kQuickFront,
                              {.space = space,
                               .objectives = 2,
                               .goals = {{.metric = "latency_ms"}, {.metric = "error"}}});
    search_with(
        *sampler,
        space,
        [](const Genotype& genotype) {
            const std::vector<double> values = trade_off(genotype);
            return Trial{.genotype = genotype,
                         .objectives = values,
                         .metrics = {{"latency_ms", values[0]}, {"error", values[1]}}};
        },
        8,
        predict);
    CHECK_THAT(reason(ask(*sampler, space, 8, {}, 5).at(0)), !Catch::Contains("for certain"));
}

TEST_CASE("gp keeps fronts within limits that it learns", "[search][gp]") {
    const FakeSpace space = tests::real_space(2);
    const auto sampler = make_gp_front_sampler(
        kQuickFront, {.space = space, .objectives = 2, .limits = {{"size", 0.5}}});
    const auto trials = search_with(
        *sampler,
        space,
        [](const Genotype& genotype) {
            const double size = at(genotype, 0);
            return Trial{.genotype = genotype,
                         .objectives = trade_off(genotype),
                         .violation = std::max(0.0, size / 0.5 - 1.0),
                         .metrics = {{"size", size}}};
        },
        40);
    const auto late = std::span(trials).last(20);
    CHECK(std::ranges::count_if(late, [](const Trial& t) { return t.violation > 0.1; }) <= 4);
    // Half of the front is within the limit.
    CHECK(volume(trials, {1.1, 1.1}) > 0.7);
}

TEST_CASE("gp looks for the limits while no trial is within them", "[search][gp]") {
    const FakeSpace space = tests::real_space(3);
    const auto sampler = make_gp_front_sampler(
        kQuickFront, {.space = space, .objectives = 2, .limits = {{"size", 0.1}}});
    const auto trials = search_with(
        *sampler,
        space,
        [](const Genotype& genotype) {
            const double size = square(at(genotype, 0) - 0.9) + square(at(genotype, 1) - 0.9) +
                                square(at(genotype, 2) - 0.1);
            return Trial{.genotype = genotype,
                         .objectives = trade_off(genotype),
                         .violation = std::max(0.0, size / 0.1 - 1.0),
                         .metrics = {{"size", size}}};
        },
        30);
    CHECK(std::ranges::count(std::span(trials).last(15), 0.0, &Trial::violation) >= 8);
}

TEST_CASE("gp keeps fronts away from where trials fail", "[search][gp]") {
    const FakeSpace space = tests::real_space(2);
    const auto sampler = make_gp_front_sampler(kQuickFront, {.space = space, .objectives = 2});
    const auto fails = [](const Genotype& genotype) {
        return at(genotype, 0) > 0.7 ? std::vector<double>{} : trade_off(genotype);
    };
    const auto trials = ask_and_tell(*sampler, space, fails, 40, 5);
    CHECK(std::ranges::count(std::span(trials).last(20), TrialState::fail, &Trial::state) <= 8);
    CHECK(volume(trials, {1.1, 1.1}) > 0.75);
}

TEST_CASE("gp spreads what it proposes at once over the front", "[search][gp]") {
    const FakeSpace space = tests::real_space(2);
    const auto sampler = make_gp_front_sampler(kQuickFront, {.space = space, .objectives = 2});
    ask_and_tell(*sampler, space, trade_off, 10, 6);
    const Genotype first = ask(*sampler, space, 10, {}, 6).at(0).genotype;
    const std::vector<Candidate> pending = {{.genotype = first}};
    const auto others = ask(*sampler, space, 10, pending, 6, 3);
    REQUIRE(others.size() == 3);
    std::vector<Genotype> all{first};
    for (const Proposal& each : others) {
        for (const Genotype& other : all)
            CHECK(std::hypot(at(each.genotype, 0) - at(other, 0),
                             at(each.genotype, 1) - at(other, 1)) > 0.01);
        all.push_back(each.genotype);
    }
    CHECK(ask(*sampler, space, 10, {}, 6).at(0).genotype == first);
}

TEST_CASE("a late gp knows the best and the newest of many trials", "[search][gp]") {
    const FakeSpace space = tests::real_space(2);
    const auto sampler = make_gp_front_sampler({.startup = 6, .most = 24, .candidates = 128},
                                               {.space = space, .objectives = 2});
    CHECK(volume(ask_and_tell(*sampler, space, trade_off, 45, 7), {1.1, 1.1}) > 0.82);
}

TEST_CASE("gp finds the front of ZDT1 in few trials", "[search][gp][slow]") {
    const FakeSpace space = tests::real_space(10);
    std::vector<double> volumes;
    for (const std::uint64_t seed : {100, 101, 102}) {
        const auto sampler =
            make_gp_front_sampler({}, {.space = space, .objectives = 2, .seed = seed});
        volumes.push_back(volume(ask_and_tell(*sampler, space, tests::zdt1, 60, seed), {1.1, 1.1}));
    }
    std::ranges::sort(volumes);
    // The whole front has 0.8767.
    CHECK(volumes[1] > 0.8);
}

}  // namespace parnas::search
