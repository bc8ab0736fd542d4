// SPDX-License-Identifier: Apache-2.0
#include "search/measure_when.h"

#include "search/screen.h"
#include "search/target_figures.h"
#include "tests/support/catch.h"
#include "tests/support/fake_hardware.h"
#include "tests/support/fake_learner.h"
#include "tests/support/spaces.h"

namespace parnas::search {
namespace {

using hw_models::Estimate;
using hw_models::Source;

Candidate candidate(std::int64_t width) {
    return {.number = width, .genotype = {{width, std::int64_t{0}, std::int64_t{0}}}};
}

double as_hidden_ms(const spaces::Network& network) {
    return static_cast<double>(std::get<spaces::Linear>(network.nodes[0].op).out);
}

double twice_as_slow(const spaces::Network& network) {
    return 2.0 * as_hidden_ms(network);
}

// Predicts 4 ms for each width from 0, within 40 %; the truth is twice that.
struct Measuring {
    Screen screen(Limits limits, std::vector<Objective> objectives = {{"error"}}) {
        return Screen({.space = space,
                       .facts = facts,
                       .model = &model,
                       .measurer = &device,
                       .limits = std::move(limits),
                       .objectives = std::move(objectives)});
    }

    tests::FakeLearner model = tests::FakeLearner(as_hidden_ms);
    tests::FakeHardwareModel device = tests::FakeHardwareModel(twice_as_slow);
    tests::FakeSpace space = tests::network_space();
    GenotypeFacts facts = GenotypeFacts(space);
};

ParetoArchive front_of(std::initializer_list<Point> points) {
    ParetoArchive front;
    TrialNumber number = 0;
    for (const Point& point : points)
        front.insert(number++, point);
    return front;
}

}  // namespace

TEST_CASE("a prediction is unsure if it is wide or far from what was fitted, a measurement never",
          "[search][measuring]") {
    const Estimate narrow{.latency = Milliseconds(10.0),
                          .low = Milliseconds(8.5),
                          .high = Milliseconds(11.5),
                          .source = Source::fitted};
    CHECK_FALSE(is_unsure(narrow));
    Estimate wide = narrow;
    wide.high = Milliseconds(12.0);
    CHECK(is_unsure(wide));
    Estimate far = narrow;
    far.extrapolated = true;
    CHECK(is_unsure(far));
    wide.source = Source::measured;
    CHECK_FALSE(is_unsure(wide));
}

TEST_CASE("a candidate is near the front if it joins it at its quickest", "[search][measuring]") {
    const std::vector<Objective> objectives{{"accuracy", Direction::maximize}, {"latency_ms"}};
    const auto range = [](double low, double high) {
        return PredictedRange{.predicted = {{"latency_ms", (low + high) / 2}},
                              .low = {{"latency_ms", low}},
                              .high = {{"latency_ms", high}}};
    };
    const ParetoArchive front = front_of({{-0.9, 5.0}, {-0.7, 2.0}});
    CHECK(may_join_front(objectives, range(1.0, 6.0), front));
    CHECK(may_join_front(objectives, range(4.0, 6.0), front));
    CHECK_FALSE(may_join_front(objectives, range(5.5, 6.0), front));
    CHECK(may_join_front(objectives, range(5.5, 6.0), ParetoArchive()));
    // A latency that is no objective has no part in it.
    CHECK_FALSE(may_join_front({objectives[0]}, range(1.0, 6.0), front_of({{-0.9}})));
}

TEST_CASE("what may or may not meet a limit is measured", "[search][measuring]") {
    Measuring parts;
    Screen screen = parts.screen({{"latency_ms", 10.0}});
    // Predicted 4 (2.4 to 5.6), 8 (4.8 to 11.2) and 24 (14.4 to 33.6).
    const Screened within = screen.admit(candidate(0), {}, {});
    CHECK(parts.device.asked() == 0);
    REQUIRE(within.figures.has_value());
    CHECK_FALSE(within.figures->measured.has_value());
    CHECK(screen.admit(candidate(5), {}, {}).failure.has_value());
    CHECK(parts.device.asked() == 0);
    const Screened unclear = screen.admit(candidate(1), {}, {});
    CHECK(parts.device.asked() == 1);
    CHECK(unclear.metrics.at("latency_ms") == 16.0);
    CHECK(unclear.figures->predicted->latency.count() == 8.0);
    CHECK(unclear.figures->measured->latency.count() == 16.0);
    REQUIRE(unclear.failure.has_value());
    CHECK(unclear.failure->reason == "latency_ms 16 is over the limit of 10");
    // And the model has learnt.
    CHECK(screen.version() == 1);
    CHECK(screen.look(candidate(0).genotype, {}).metrics.at("latency_ms") == 8.0);
}

TEST_CASE("what is predicted to break a limit may turn out to meet it", "[search][measuring]") {
    Measuring parts{.model = tests::FakeLearner(twice_as_slow),
                    .device = tests::FakeHardwareModel(as_hidden_ms)};
    Screen screen = parts.screen({{"latency_ms", 6.0}});
    CHECK(screen.look(candidate(0).genotype, {}).failure.has_value());
    CHECK_FALSE(screen.admit(candidate(0), {}, {}).failure.has_value());  // 4.8 to 11.2; 4
}

TEST_CASE("what may join the front is measured, unless its evaluation is a short one",
          "[search][measuring]") {
    Measuring parts;
    Screen screen = parts.screen({}, {{"error"}, {"latency_ms"}});
    const ParetoArchive front = front_of({{1.0, 6.0}});
    screen.admit(candidate(3), front, {});  // 9.6 to 22.4
    CHECK(parts.device.asked() == 0);
    Candidate short_one = candidate(1);  // 4.8 to 11.2
    short_one.fidelity = 0.5;
    screen.admit(short_one, front, {});
    CHECK(parts.device.asked() == 0);
    screen.admit(candidate(1), front, {});
    CHECK(parts.device.asked() == 1);
}

TEST_CASE("a finalist is measured however sure the model is, a network once",
          "[search][measuring]") {
    Measuring parts{.model = tests::FakeLearner(as_hidden_ms, 0)};
    Screen screen = parts.screen({}, {{"error"}, {"latency_ms"}});
    screen.admit(candidate(1), {}, {});
    CHECK(parts.device.asked() == 0);
    Candidate finalist = candidate(1);
    finalist.stage = Stage::finalist;
    CHECK(screen.admit(finalist, {}, {}).figures->was_measured_now());
    const Screened again = screen.admit(finalist, {}, {});
    CHECK(parts.device.asked() == 1);
    CHECK(again.metrics.at("latency_ms") == 16.0);
    CHECK_FALSE(again.figures->was_measured_now());
    CHECK(again.figures->measured.has_value());
}

TEST_CASE("where a machine refuses to measure, the prediction stands", "[search][measuring]") {
    Measuring parts{.device = tests::FakeHardwareModel([](const spaces::Network&) -> double {
                        throw Error(ErrorKind::unavailable, "the machine is busy");
                    })};
    Screen screen = parts.screen({{"latency_ms", 10.0}});
    const Screened screened = screen.admit(candidate(1), {}, {});
    CHECK_FALSE(screened.failure.has_value());
    CHECK(screened.metrics.at("latency_ms") == 8.0);
    REQUIRE(screened.figures->refused.has_value());
    CHECK(screened.figures->refused->find("the machine is busy") != std::string::npos);
    CHECK(screen.version() == 0);
}

TEST_CASE("what cannot be run where it is measured is infeasible", "[search][measuring]") {
    Measuring parts{.device = tests::FakeHardwareModel([](const spaces::Network&) -> double {
                        throw Error(ErrorKind::invalid_input, "no such op");
                    })};
    Screen screen = parts.screen({{"latency_ms", 10.0}});
    CHECK(screen.admit(candidate(1), {}, {}).failure->reason == "no such op");
    CHECK(screen.look(candidate(1).genotype, {}).failure.has_value());
}

TEST_CASE("what a screen knew of a trial is known again from its attribute",
          "[search][measuring]") {
    Measuring parts;
    const Limits limits{{"latency_ms", 10.0}};
    Screen first = parts.screen(limits);
    const Screened measured = first.admit(candidate(1), {}, {});
    const Screened predicted = first.admit(candidate(3), {}, {});
    Screen second = parts.screen(limits);
    for (const auto& [width, screened] : {std::pair(1, measured), std::pair(3, predicted)}) {
        const auto figures =
            target_figures_of({{std::string(kTargetFigures), to_text(*screened.figures)}});
        REQUIRE(figures.has_value());
        second.learn(candidate(width).genotype, *figures);
        const Screened again = second.recall(candidate(width).genotype, *figures);
        CHECK(again.metrics == screened.metrics);
        CHECK(again.failure.has_value() == screened.failure.has_value());
        CHECK(to_text(*again.figures) == to_text(*screened.figures));
    }
    CHECK(second.version() == first.version());
    CHECK(second.look(candidate(2).genotype, {}).metrics ==
          first.look(candidate(2).genotype, {}).metrics);
    CHECK(parts.device.asked() == 1);
    CHECK_FALSE(target_figures_of({}).has_value());
    CHECK_THROWS_AS(target_figures_of({{std::string(kTargetFigures), "{\"measured\": 3}"}}), Error);
}

}  // namespace parnas::search
