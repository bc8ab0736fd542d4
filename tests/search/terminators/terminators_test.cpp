// SPDX-License-Identifier: Apache-2.0
#include "search/terminators/terminators.h"

#include <cmath>

#include <nlohmann/json.hpp>

#include "core/json.h"
#include "tests/search/observers.h"
#include "tests/search/study_fixture.h"

using namespace parnas;
using namespace parnas::search;
using namespace parnas::tests;

namespace {

struct Case {
    FakeSpace space = real_space(1);
    TerminatorSetup setup{.space = space, .objectives = {{.metric = "error"}}, .seed = 3};
    std::string faults;

    std::unique_ptr<Terminator> make(const std::string& options) {
        Registries registries;
        register_terminators(registries);
        const Json json = parse_json(options, "stop_when");
        Faults found;
        ObjectReader reader(json, "/stop_when", found);
        auto made = registries.terminators.find(reader.text("type"))(reader, setup);
        reader.finish();
        faults.clear();
        for (const Fault& fault : found.list())
            faults += fault.where + ": " + fault.message + "\n";
        return made;
    }
};

Trial at(TrialNumber number, double x, double error) {
    return {.number = number, .genotype = {.values = {x}}, .objectives = {error}};
}

// After how many trials it stops, and why; the k-th trial's error is `error(k)`.
std::pair<std::int64_t, std::string> stop_of(Terminator& terminator,
                                             const std::function<double(std::int64_t)>& error,
                                             std::int64_t most = 150) {
    for (std::int64_t k = 0; k < most; ++k) {
        const Trial trial = at(k, static_cast<double>(k % 17) / 17.0, error(k));
        terminator.tell(trial);
        if (const auto reason = terminator.verdict())
            return {k + 1, *reason};
    }
    return {most, ""};
}

}  // namespace

TEST_CASE("stagnation stops after so many trials without a better one", "[search][terminators]") {
    Case tested;
    const auto terminator = tested.make(R"({"type": "stagnation", "trials": 12})");
    REQUIRE(tested.faults.empty());
    // The best is the tenth: trials 11 to 22 are no better.
    const auto [stop, reason] =
        stop_of(*terminator, [](std::int64_t k) { return k < 10 ? 20.0 - double(k) : 15.0; });
    CHECK(stop == 22);
    CHECK(reason == "stagnation: the best error was not improved in the last 12 trials");
}

TEST_CASE("stagnation waits for twenty trials and goes on while there is progress",
          "[search][terminators]") {
    Case tested;
    const auto early = tested.make(R"({"type": "stagnation", "trials": 3})");
    CHECK(stop_of(*early, [](std::int64_t) { return 1.0; }).first == 20);
    const auto falling = [](std::int64_t k) { return -1e-3 * double(k); };
    CHECK(stop_of(*tested.make(R"({"type": "stagnation", "trials": 3})"), falling).second.empty());
    const auto small = tested.make(R"({"type": "stagnation", "trials": 30, "min_delta": 0.05})");
    CHECK(stop_of(*small, falling).second ==
          "stagnation: the best error was not improved by more than 0.05 in the last 30 trials");
}

TEST_CASE("stagnation of several objectives is that of the hypervolume", "[search][terminators]") {
    Case tested;
    tested.setup.objectives = {{.metric = "accuracy", .direction = Direction::maximize},
                               {.metric = "latency_ms"}};
    (void)tested.make(R"({"type": "stagnation"})");
    CHECK_THAT(tested.faults, Catch::Contains("hypervolume_reference"));
    tested.setup.hypervolume_reference = {0.0, 10.0};
    const auto terminator = tested.make(R"({"type": "stagnation", "trials": 20})");
    REQUIRE(tested.faults.empty());
    for (TrialNumber k = 0; k < 10; ++k)  // each on the front
        terminator->tell({.number = k, .objectives = {-0.1 * double(k), double(k)}});
    for (TrialNumber k = 10; k < 29; ++k) {
        CHECK_FALSE(terminator->verdict());
        terminator->tell({.number = k, .objectives = {-0.1, 9.5}});
    }
    CHECK_FALSE(terminator->verdict());
    // Behind the reference: on the front, but worth nothing.
    terminator->tell({.number = 29, .objectives = {0.1, -1.0}});
    CHECK(terminator->verdict() ==
          "stagnation: the hypervolume was not improved in the last 20 trials");
}

TEST_CASE("a search ends when little more is expected of it", "[search][terminators]") {
    Case tested;
    const std::string options = R"({"type": "expected_gain", "below": 0.01, "trials": 20})";
    const auto converging =
        stop_of(*tested.make(options), [](std::int64_t k) { return std::exp(-0.3 * double(k)); });
    CHECK(converging.first < 120);
    CHECK_THAT(converging.second,
               Catch::StartsWith("expected gain: 20 more trials would improve the best error by "));
    CHECK_THAT(converging.second, Catch::EndsWith("below 0.01"));
    CHECK(stop_of(*tested.make(options), [](std::int64_t k) { return -double(k); }).second.empty());
    Rng rng(5);
    CHECK(stop_of(*tested.make(options), [&](std::int64_t) {
              return rng.uniform(0, 10);
          }).second.empty());
    (void)tested.make(R"({"type": "expected_gain"})");
    CHECK_THAT(tested.faults, Catch::Contains("'below' is missing"));
}

TEST_CASE("a search ends when the regret is small by a Gaussian process", "[search][terminators]") {
    Case tested;
    const std::string options = R"({"type": "regret_bound", "below": 0.02})";
    const auto smooth = tested.make(options);
    REQUIRE(tested.faults.empty());
    TrialNumber number = 0;
    const auto tell = [&](double x) { smooth->tell(at(number++, x, 3.0 + (x - 0.4) * (x - 0.4))); };
    for (int i = 0; i < 20; ++i)
        tell(i / 19.0);
    const auto reason = smooth->verdict();
    REQUIRE(reason);
    CHECK_THAT(*reason, Catch::StartsWith("regret bound: the best error is within "));

    const auto rough = tested.make(options);
    Rng rng(2);
    CHECK(stop_of(
              *rough, [&](std::int64_t) { return rng.uniform(); }, 40)
              .second.empty());
    tested.setup.objectives.push_back({.metric = "latency_ms"});
    (void)tested.make(options);
    CHECK_THAT(tested.faults, Catch::Contains("a regret bound takes one objective"));
}

namespace {

struct Ending : StudyFixture {
    Ending() : StudyFixture(reals) {
        job.budget.trials = 200;
        make_terminator = [this] {
            Registries registries;
            register_terminators(registries);
            const Json json = parse_json(R"({"type": "stagnation", "trials": 15})", "stop_when");
            Faults faults;
            ObjectReader reader(json, "/stop_when", faults);
            return registries.terminators.find(reader.text("type"))(
                reader, {.space = reals, .objectives = job.objectives});
        };
        evaluator = &delayed;
    }

    FakeSpace reals = real_space(2);
    DelayedEvaluator delayed{by_hash, std::chrono::microseconds(200)};
};

}  // namespace

TEST_CASE("a study says why it was ended, at the same trial with any number of workers",
          "[search][terminators]") {
    Ending alone;
    const StudyEnd end = alone.run();
    CHECK(end.state == store::StudyState::complete);
    CHECK_THAT(end.reason, Catch::StartsWith("stagnation: the best error was not improved in"));
    CHECK(alone.store->study(*alone.study).state_reason == end.reason);
    CHECK(alone.trials().size() < 200);
    for (const int workers : {2, 4}) {
        Ending together;
        CHECK(together.run(workers).reason == end.reason);
        CHECK(together.log() == alone.log());
    }
}

TEST_CASE("a study that was stopped and goes on ends where it would have",
          "[search][terminators]") {
    Ending undisturbed;
    const StudyEnd end = undisturbed.run();
    for (const std::int64_t after : {5, 21}) {
        Ending stopped;
        std::stop_source stop;
        StopAfter stopper(after, stop);
        stopped.observers = {&stopper};
        stopped.run(2, stop.get_token());
        stopped.observers = {};
        CHECK(stopped.run(3).reason == end.reason);
        CHECK(stopped.log() == undisturbed.log());
        // Nor does it go on when it is resumed once more.
        CHECK(stopped.run(1).reason == end.reason);
        CHECK(stopped.trials().size() == undisturbed.trials().size());
    }
}
