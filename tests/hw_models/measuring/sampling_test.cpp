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

// Beside a canary whose work takes 2 ms times `pace`, which may depend on the time.
Timing sample(
    ScriptedMachine& machine,
    const Runners& runners,
    const SamplingOptions& options = {},
    const std::function<double()>& pace = [] { return 1.0; }) {
    ScriptedInstruments instruments(machine);
    Canary canary(instruments, [&] { machine.now += 2ms * pace(); }, {.patience = 1s});
    return sample_times(runners, options, instruments, canary, {});
}

int runs_of(const Runners& runners, std::size_t i = 0) {
    return dynamic_cast<const ScriptedRunner&>(*runners[i]).runs();
}

}  // namespace

TEST_CASE("a steady program is measured with the fewest samples", "[hw_models][sampling]") {
    ScriptedMachine machine;
    const Timing timing = sample(machine, scripted(machine, [](int) { return 1ms; }));
    CHECK(timing.times.size() >= 10);
    CHECK(timing.times.size() < 15);
    CHECK(timing.times.median().count() == Approx(1e-3));
    CHECK(timing.pace == Approx(1.0).epsilon(0.01));
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
    CHECK(samples_of(0.01) < 15);
    CHECK(samples_of(0.3) > 100);
    CHECK(samples_of(0.3) < 300);
    CHECK(samples_of(2.0) == 300);
}

TEST_CASE("a budget ends sampling after three samples at least", "[hw_models][sampling]") {
    ScriptedMachine machine;
    const Runners slow = scripted(machine, [](int) { return 300ms; });
    const Timing timing = sample(machine, slow, {.budget = 1s});
    CHECK(timing.times.size() == 3);
    CHECK_FALSE(timing.disturbed);
    CHECK(runs_of(slow) == 5);  // the first, one to warm up, three samples

    const Runners noisy =
        scripted(machine, [](int run) { return Seconds(run % 2 == 0 ? 10ms : 20ms); });
    sample(machine, noisy, {.budget = 1s});
    CHECK(runs_of(noisy) * 15ms < 1.03s);
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
    CHECK(timing.discarded > 0);
    CHECK(timing.interrupted == Approx(0.1).margin(0.05));
    CHECK_FALSE(timing.disturbed);
}

TEST_CASE("a timing that was always interrupted is disturbed", "[hw_models][sampling]") {
    ScriptedMachine machine;
    const auto stolen_every = [&](int period) {
        return scripted(machine, [&machine, period](int run) {
            machine.interruptions.stolen_ticks += run % period == 0 ? 1 : 0;
            return Seconds(1ms);
        });
    };
    CHECK_FALSE(sample(machine, stolen_every(3)).disturbed);
    const Timing always = sample(machine, stolen_every(1));
    CHECK(always.disturbed);
    CHECK(always.interrupted == 1.0);
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
    CHECK(runs_of(runners, 0) - runs_of(runners, 2) <= 1);
}

TEST_CASE("a sample beside a neighbour that the kernel does not see is discarded",
          "[hw_models][sampling]") {
    // Three quarters of the time both the canary and what is measured are slower by half.
    ScriptedMachine machine;
    const auto pace = [&] { return std::fmod(machine.now.count(), 0.4) < 0.3 ? 1.5 : 1.0; };
    const auto slowed = [&](int) { return 1ms * pace(); };
    const Timing timing = sample(machine, scripted(machine, slowed), {.fewest = 150}, pace);
    CHECK(timing.times.quantile(1.0).count() == Approx(1e-3));
    CHECK(timing.times.size() >= 150);
    CHECK(timing.discarded > 0);
    CHECK_FALSE(timing.disturbed);
}

TEST_CASE("beside a lasting neighbour the calmest samples are taken and marked",
          "[hw_models][sampling]") {
    ScriptedMachine machine;
    // The neighbour comes when the baseline was set, and is more or less busy.
    const auto pace = [&] {
        return machine.now.count() < 1.12 ? 1.0 : 1.3 + 0.3 * std::fmod(machine.now.count(), 1.0);
    };
    const Timing timing =
        sample(machine, scripted(machine, [&](int) { return 1ms * pace(); }), {}, pace);
    CHECK(timing.disturbed);
    CHECK(timing.pace > 1.3);
    CHECK(timing.pace < 1.6);
    CHECK(timing.times.median() < Seconds(1.4ms));
}

TEST_CASE("one thread leaves a core where it is slow, and stays where it is not",
          "[hw_models][sampling]") {
    ScriptedMachine machine;
    // A stranger comes to the first core a while after the baseline was taken.
    const auto pace = [&] { return machine.core == 0 && machine.now > 1.2s ? 1.6 : 1.0; };
    const auto run = [&](bool one_thread) {
        machine = {};
        return sample(machine,
                      scripted(machine, [&](int) { return 1ms * pace(); }),
                      {.fewest = 200, .one_thread = one_thread},
                      pace);
    };
    const Timing moved = run(true);
    CHECK_FALSE(moved.disturbed);
    CHECK(moved.times.quantile(1.0).count() == Approx(1e-3));
    CHECK(machine.core == 1);
    CHECK_FALSE(machine.stays);
    CHECK(run(false).discarded > 100);
    CHECK(machine.core == 0);
}
