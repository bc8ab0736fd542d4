// SPDX-License-Identifier: Apache-2.0
#include "hw_models/table/profiler.h"

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/rng.h"
#include "hw_models/table/fusion_test.h"
#include "hw_models/table/table_model.h"
#include "spaces/load.h"
#include "tests/hw_models/table/simulated_runtime.h"
#include "tests/support/catch.h"

using namespace parnas;
using namespace parnas::hw_models;
using namespace parnas::tests;
using namespace std::chrono_literals;

namespace {

// Few samples of the simulated runtime's equal times are enough.
ProfilerOptions quick() {
    constexpr SamplingOptions kSampling{.shortest = Seconds{0}, .fewest = 3, .most = 3};
    return {.samples = 30,
            .networks = 12,
            .kernel = {.sampling = kSampling, .cache = CacheState::warm},
            .network = kSampling,
            .tool = "parnas test",
            .date = "2026-01-31"};
}

OperatorTable profile(const spaces::SearchSpace& space,
                      const Runtime& runtime,
                      ScriptedMachine& machine,
                      const ProfilerOptions& options = quick()) {
    Meter meter = scripted_meter(machine);
    return profile_space(space, runtime, meter, options, [](std::string_view, double) {}, {});
}

}  // namespace

TEST_CASE("what a runtime fuses is found out", "[hw_models][profiler]") {
    for (const FusionRules& rules :
         {FusionRules{},
          FusionRules{.conv_norm = true, .depthwise_norm = true},
          FusionRules{.conv_norm = true, .conv_activation = true, .folds_zeros = true},
          FusionRules{.depthwise_norm = true, .depthwise_activation = true},
          FusionRules{.sum_activation = true},
          FusionRules{.merges_equal = true}}) {
        ScriptedMachine machine;
        const SimulatedRuntime runtime(machine, rules);
        Meter meter = scripted_meter(machine);
        KernelTimer timer(runtime, meter, quick().kernel);
        CHECK(find_fusion(timer, {}) == rules);
    }
}

TEST_CASE("a profiled space's networks are predicted as they run", "[hw_models][profiler]") {
    for (const FusionRules& rules : {FusionRules{}, FusionRules{.conv_norm = true}}) {
        ScriptedMachine machine;
        const SimulatedRuntime runtime(machine, rules);
        const auto space = spaces::load_space("cell201", {});
        const OperatorTable table = profile(*space, runtime, machine);
        CHECK(table.rules == rules);
        CHECK(table.provenance.space == "cell201@1");
        CHECK(table.provenance.passes == 3);
        CHECK(table.provenance.disturbed == 0);
        CHECK(table.additivity.additive());
        CHECK(table.additivity.scale == Approx(1.0).epsilon(0.01));

        const auto model = make_table_model(table);
        Rng rng(11);
        for (int i = 0; i < 10; ++i) {
            const auto network = space->decode(spaces::sample_feasible(*space, rng)).network;
            const spaces::Network* pointer = network.get();
            const Estimate estimate = model->estimate({&pointer, 1}, {}).at(0);
            CHECK(estimate.latency / runtime.true_time(*network) == Approx(1.0).epsilon(0.01));
            CHECK_FALSE(estimate.extrapolated);
        }
    }
}

TEST_CASE("a drift of the machine hits all kernels alike", "[hw_models][profiler]") {
    const auto space = spaces::load_space("cell201", {});
    ScriptedMachine machine;
    SimulatedRuntime runtime(machine, {});
    Meter meter = scripted_meter(machine);
    // Slower by 4 % from the second pass on: the canary's work is not.
    const OperatorTable table = profile_space(
        *space,
        runtime,
        meter,
        quick(),
        [&](std::string_view, double done) { runtime.slow_down(done > 0.3 ? 1.04 : 1.0); },
        {});
    for (const TableEntry& entry : table.entries)
        CHECK(entry.high / entry.low == Approx(1.04).epsilon(0.02));
    CHECK(table.additivity.mean_error < 0.01);
}

TEST_CASE("no more kernels are measured than wanted, and the rest is told",
          "[hw_models][profiler]") {
    ScriptedMachine machine;
    const SimulatedRuntime runtime(machine, {});
    ProfilerOptions options = quick();
    options.kernels = 10;
    const OperatorTable table =
        profile(*spaces::load_space("cell201", {}), runtime, machine, options);
    CHECK(table.entries.size() == 10);
    CHECK(table.provenance.left_out > 0);
}

TEST_CASE("profiling ends when it is stopped", "[hw_models][profiler]") {
    ScriptedMachine machine;
    const SimulatedRuntime runtime(machine, {});
    Meter meter = scripted_meter(machine);
    std::stop_source stop;
    CHECK_THROWS_AS(profile_space(
                        *spaces::load_space("cell201", {}),
                        runtime,
                        meter,
                        quick(),
                        [&](std::string_view step, double) {
                            if (step == "kernels")
                                stop.request_stop();
                        },
                        stop.get_token()),
                    Error);
}
