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

// A machine whose fixed work takes 2 ms times `pace`.
struct Bench {
    ScriptedMachine machine;
    double pace = 1.0;

    Meter meter(const MeterOptions& options = {}) {
        return {std::make_unique<ScriptedInstruments>(machine),
                [this] { machine.now += 2ms * pace; },
                options};
    }
    Runners runners() {
        return scripted(machine, [this](int) { return 1ms * pace; });
    }
};

}  // namespace

TEST_CASE("a measurement beside a lasting neighbour is refused", "[hw_models][meter]") {
    Bench bench;
    Meter meter = bench.meter();
    CHECK(meter.measure(bench.runners(), {}).times.median().count() == Approx(1e-3));
    bench.pace = 1.4;
    const Seconds start = bench.machine.now;
    try {
        meter.measure(bench.runners(), {});
        FAIL("it was accepted");
    } catch (const Error& error) {
        CHECK(error.kind() == ErrorKind::unavailable);
        CHECK_THAT(error.what(),
                   Contains("in 30 s") && Contains("1.40 times") && Contains("disturbed: mark"));
    }
    CHECK((bench.machine.now - start).count() == Approx(33).epsilon(0.01));
}

TEST_CASE("a measurement beside a lasting neighbour is marked if that is wanted",
          "[hw_models][meter]") {
    Bench bench;
    Meter meter = bench.meter({.disturbed = Disturbed::mark});
    CHECK_FALSE(meter.measure(bench.runners(), {}).disturbed);
    bench.pace = 1.4;
    const Timing timing = meter.measure(bench.runners(), {});
    CHECK(timing.disturbed);
    CHECK(timing.times.median().count() == Approx(1.4e-3));
    // It is taken as the machine's pace from now on, and its end as another change.
    CHECK_FALSE(meter.measure(bench.runners(), {}).disturbed);
    bench.pace = 1.0;
    CHECK(meter.measure(bench.runners(), {}).disturbed);
}

TEST_CASE("a neighbour that goes away is waited for", "[hw_models][meter]") {
    Bench bench;
    Meter meter = bench.meter();
    meter.measure(bench.runners(), {});
    bench.pace = 1.4;
    const Runners runners = scripted(bench.machine, [&](int run) {
        if (run == 1000)
            bench.pace = 1.0;
        return 1ms * bench.pace;
    });
    CHECK(meter.measure(runners, {}).times.median().count() == Approx(1e-3));
}

TEST_CASE("deviations within the tolerance are no disturbance", "[hw_models][meter]") {
    Bench bench;
    Meter meter = bench.meter();
    for (const double pace : {1.0, 1.08, 0.95, 1.08, 1.0}) {
        bench.pace = pace;
        CHECK(meter.measure(bench.runners(), {}).discarded == 0);
    }
    bench.pace = 1.0;
    Meter patient = bench.meter({.canary = {.tolerance = 0.5}});
    patient.measure(bench.runners(), {});
    bench.pace = 1.4;
    CHECK(patient.measure(bench.runners(), {}).discarded == 0);
}

TEST_CASE("a timing that was always interrupted is refused", "[hw_models][meter]") {
    Bench bench;
    Meter meter = bench.meter({.canary = {.patience = 1s}});
    const Runners runners = scripted(bench.machine, [&](int) {
        ++bench.machine.interruptions.switches;
        return 1ms;
    });
    CHECK_THROWS_WITH(meter.measure(runners, {}), Contains("100 % of what remained"));
}

TEST_CASE("samples around which the thread waited for a core are discarded", "[hw_models][meter]") {
    Bench bench;
    Meter meter = bench.meter();
    const Runners runners = scripted(bench.machine, [&](int run) {
        const bool waits = run == 16;
        bench.machine.queued += waits ? 1ms : 0ms;
        return waits ? 2ms : 1ms;
    });
    const Timing timing = meter.measure(runners, {});
    CHECK(timing.times.quantile(1.0).count() == Approx(1e-3));
    CHECK(timing.discarded > 0);
}
