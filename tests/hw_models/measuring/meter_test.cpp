// SPDX-License-Identifier: Apache-2.0
#include "hw_models/measuring/meter.h"

#include "core/error.h"
#include "tests/hw_models/measuring/scripted.h"
#include "tests/support/catch.h"

using namespace parnas;
using namespace parnas::hw_models;
using namespace parnas::tests;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;

namespace {

// A machine whose fixed work takes 2 ms times `pace`, until somebody has waited for so long.
struct Bench {
    ScriptedMachine machine;
    double pace = 1.0;
    Seconds quiet_again = 1h;

    Meter meter(const MeterOptions& options = {}) {
        return {std::make_unique<ScriptedInstruments>(machine),
                [this] { machine.now += 2ms * (machine.waited < quiet_again ? pace : 1.0); },
                options};
    }
};

}  // namespace

TEST_CASE("on a quiet machine a block runs once", "[hw_models][meter]") {
    Bench bench;
    Meter meter = bench.meter();
    int runs = 0;
    for (int i = 0; i < 5; ++i)
        CHECK(meter.undisturbed([&] { return ++runs > 0; }));
    CHECK(runs == 5);
    CHECK(bench.machine.waited == 0s);
}

TEST_CASE("a block is repeated if the machine slows down meanwhile", "[hw_models][meter]") {
    Bench bench{.quiet_again = 1s};
    Meter meter = bench.meter();
    int runs = 0;
    CHECK(meter.undisturbed([&] {
        ++runs;
        bench.pace = 1.3;
        return true;
    }));
    // Once beside a neighbour; not while it was still there; then undisturbed.
    CHECK(runs == 2);
    CHECK(bench.machine.waited == Seconds(1.5s));
}

TEST_CASE("a measurement beside a lasting neighbour is refused", "[hw_models][meter]") {
    Bench bench;
    Meter meter = bench.meter();
    meter.undisturbed([] { return true; });
    bench.pace = 1.4;
    int runs = 0;
    try {
        meter.undisturbed([&] { return ++runs > 0; });
        FAIL("it was accepted");
    } catch (const Error& error) {
        CHECK(error.kind() == ErrorKind::unavailable);
        CHECK_THAT(
            error.what(),
            Contains("all of 3 tries") && Contains("1.40 times") && Contains("disturbed: mark"));
    }
    CHECK(runs == 0);
}

TEST_CASE("a measurement beside a lasting neighbour is marked if that is wanted",
          "[hw_models][meter]") {
    Bench bench;
    Meter meter = bench.meter({.disturbed = Disturbed::mark});
    meter.undisturbed([] { return true; });
    bench.pace = 1.4;
    int runs = 0;
    CHECK_FALSE(meter.undisturbed([&] { return ++runs > 0; }));
    CHECK(runs == 1);
    CHECK(bench.machine.waited == 0s);
}

TEST_CASE("a machine that became faster was disturbed before", "[hw_models][meter]") {
    Bench bench;
    bench.pace = 1.5;  // a neighbour from the start
    Meter meter = bench.meter();
    CHECK(meter.undisturbed([] { return true; }));
    bench.pace = 1.0;
    int runs = 0;
    CHECK(meter.undisturbed([&] { return ++runs > 0; }));
    CHECK(bench.machine.waited == Seconds(500ms));
    // And the neighbour is noticed from now on.
    bench.pace = 1.5;
    CHECK_THROWS_AS(meter.undisturbed([] { return true; }), Error);
}

TEST_CASE("deviations within the tolerance are no disturbance", "[hw_models][meter]") {
    Bench bench;
    Meter meter = bench.meter();
    for (const double pace : {1.0, 1.04, 0.96, 1.049, 1.0}) {
        bench.pace = pace;
        CHECK(meter.undisturbed([] { return true; }));
    }
    CHECK(bench.machine.waited == 0s);
    Meter patient = bench.meter({.canary = {.tolerance = 0.5}});
    patient.undisturbed([] { return true; });
    bench.pace = 1.4;
    CHECK(patient.undisturbed([] { return true; }));
}

TEST_CASE("a timing that was interrupted too often is taken again", "[hw_models][meter]") {
    Bench bench;
    Meter meter = bench.meter();
    const Runners runners = scripted(bench.machine, [&](int run) {
        bench.machine.interruptions.switches += run < 300 ? 1 : 0;
        return run == 0 ? Seconds(7ms) : Seconds(1ms);
    });
    const Timing timing = meter.measure(runners, {});
    CHECK_FALSE(timing.disturbed);
    CHECK(timing.discarded == 0);
    CHECK(timing.cold.count() == Approx(7e-3));

    const Runners always = scripted(bench.machine, [&](int) {
        ++bench.machine.interruptions.switches;
        return 1ms;
    });
    CHECK_THROWS_WITH(meter.measure(always, {}), Contains("was interrupted"));
    Meter marking = bench.meter({.disturbed = Disturbed::mark});
    CHECK(marking.measure(always, {}).disturbed);
}

TEST_CASE("a measurement that waited for a core is taken again", "[hw_models][meter]") {
    Bench bench;
    Meter meter = bench.meter();
    int runs = 0;
    CHECK(meter.undisturbed([&] {
        bench.machine.now += 100ms;
        bench.machine.queued += ++runs == 1 ? 20ms : 1ms;
        return true;
    }));
    CHECK(runs == 2);
}
