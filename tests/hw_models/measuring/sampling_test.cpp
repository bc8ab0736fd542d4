// SPDX-License-Identifier: Apache-2.0
#include "hw_models/measuring/sampling.h"

#include "core/error.h"
#include "tests/hw_models/measuring/scripted.h"
#include "tests/support/catch.h"

using namespace parnas;
using namespace parnas::hw_models;
using namespace parnas::tests;
using namespace std::chrono_literals;

namespace {

Timing sample(ScriptedMachine& machine,
              const Runners& runners,
              const SamplingOptions& options = {}) {
    ScriptedInstruments instruments(machine);
    return sample_times(runners, options, instruments, {});
}

}  // namespace

TEST_CASE("a steady program is measured with the fewest samples", "[hw_models][sampling]") {
    ScriptedMachine machine;
    const Timing timing = sample(machine, scripted(machine, [](int) { return 1ms; }));
    CHECK(timing.times.size() == 30);
    CHECK(timing.times.median().count() == Approx(1e-3));
    CHECK(timing.repeats == 1);
    CHECK(timing.discarded == 0);
    CHECK_FALSE(timing.disturbed);
}

TEST_CASE("the first run is told apart and a slow start is no sample", "[hw_models][sampling]") {
    ScriptedMachine machine;
    // Halves its distance to 1 ms from run to run.
    const Timing timing =
        sample(machine,
               scripted(machine, [](int run) { return 1ms * (1.0 + 50.0 * std::pow(0.5, run)); }));
    CHECK(timing.cold.count() == Approx(0.051));
    CHECK(timing.times.quantile(1.0) < Seconds(1.02ms));
}

TEST_CASE("what is faster than a sample has to be is repeated within it", "[hw_models][sampling]") {
    ScriptedMachine machine;
    const Timing timing = sample(machine, scripted(machine, [](int) { return 3us; }));
    CHECK(timing.repeats == 67);
    CHECK(timing.times.median().count() == Approx(3e-6));
}

TEST_CASE("noise takes more samples, and never more than the most", "[hw_models][sampling]") {
    ScriptedMachine machine;
    // The median's interval of n uniform times has a half-width of about 0.98 / sqrt(n) of
    // their range.
    const auto spread_by = [](double range) {
        return [range](int run) { return 1ms * (1.0 + range * std::fmod(0.618034 * run, 1.0)); };
    };
    const auto samples_of = [&](double range) {
        return sample(machine, scripted(machine, spread_by(range))).times.size();
    };
    CHECK(samples_of(0.1) == 30);
    CHECK(samples_of(0.3) > 100);
    CHECK(samples_of(0.3) < 300);
    CHECK(samples_of(2.0) == 300);
}

TEST_CASE("a budget ends sampling after three samples at least", "[hw_models][sampling]") {
    ScriptedMachine machine;
    const Timing slow = sample(machine, scripted(machine, [](int) { return 10s; }), {.budget = 1s});
    CHECK(slow.times.size() == 3);
    CHECK(machine.now.count() == Approx(50));  // the first run, one to warm up, three samples

    ScriptedMachine other;
    const auto noisy = [](int run) { return run % 2 == 0 ? 10ms : 20ms; };
    sample(other, scripted(other, noisy), {.budget = 1s});
    CHECK(other.now < Seconds(1.03s));
}

TEST_CASE("a sample during which somebody else ran is discarded", "[hw_models][sampling]") {
    ScriptedMachine machine;
    const Timing timing = sample(machine, scripted(machine, [&](int run) {
                                     if (run % 10 != 0)
                                         return Seconds(1ms);
                                     ++machine.interruptions.switches;
                                     return Seconds(5ms);
                                 }));
    CHECK(timing.times.quantile(1.0).count() == Approx(1e-3));
    CHECK(timing.discarded == 3);
    CHECK_FALSE(timing.disturbed);
}

TEST_CASE("a timing of which more than a fifth was discarded is disturbed",
          "[hw_models][sampling]") {
    ScriptedMachine machine;
    const auto stolen_every = [&](int period) {
        return scripted(machine, [&machine, period](int run) {
            machine.interruptions.stolen_ticks += run % period == 0 ? 1 : 0;
            return Seconds(1ms);
        });
    };
    CHECK(sample(machine, stolen_every(3)).disturbed);
    CHECK_FALSE(sample(machine, stolen_every(6)).disturbed);
    const Timing always = sample(machine, stolen_every(1));
    CHECK(always.disturbed);
    CHECK(always.discarded == 300);
    CHECK(always.times.median().count() == Approx(1e-3));
}

TEST_CASE("copies of a network run in turn", "[hw_models][sampling]") {
    ScriptedMachine machine;
    Runners runners;
    for (int i = 0; i < 3; ++i)
        runners.push_back(
            std::make_unique<ScriptedRunner>(machine, [i](int) { return 1ms * (i + 1.0); }));
    const Timing timing = sample(machine, runners, {.shortest = 12ms});
    CHECK(timing.repeats >= 6);
    CHECK(timing.times.median().count() == Approx(0.002).epsilon(0.02));
    const auto runs_of = [&](std::size_t i) {
        return dynamic_cast<const ScriptedRunner&>(*runners[i]).runs();
    };
    CHECK(runs_of(0) - runs_of(2) <= 1);
}

TEST_CASE("sampling that is stopped is unavailable", "[hw_models][sampling]") {
    ScriptedMachine machine;
    ScriptedInstruments instruments(machine);
    std::stop_source stop;
    const Runners runners = scripted(machine, [&](int run) {
        if (run == 20)
            stop.request_stop();
        return 1ms;
    });
    try {
        sample_times(runners, {}, instruments, stop.get_token());
        FAIL("it went on");
    } catch (const Error& error) {
        CHECK(error.kind() == ErrorKind::unavailable);
    }
    CHECK(machine.now.count() == Approx(0.021));
}
