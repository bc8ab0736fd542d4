// SPDX-License-Identifier: Apache-2.0
#include "hw_models/onboarding/assessment.h"

#include <cmath>
#include <vector>

#include <nlohmann/json.hpp>

#include "hw_models/fitting/fitted_model.h"
#include "hw_models/onboarding/probe_folder.h"
#include "hw_models/onboarding/probe_set.h"
#include "hw_models/onboarding/probe_timing.h"
#include "hw_models/table/kernel_case.h"
#include "spaces/count.h"
#include "spaces/load.h"
#include "tests/hw_models/table/simulated_runtime.h"
#include "tests/support/catch.h"
#include "tests/support/temporary_folder.h"

using namespace parnas;
using namespace parnas::hw_models;

namespace {

// Like a roofline: so many multiply-adds, bytes and kernels a second.
Milliseconds roofline_like(const spaces::Network& network) {
    const spaces::Count count = spaces::count(network);
    return Milliseconds(2e-6 * static_cast<double>(count.multiply_adds) +
                        1e-6 * static_cast<double>(count.bytes_read + count.bytes_written) +
                        0.001 * static_cast<double>(network.nodes.size()));
}

struct Space {
    ProbeSet set{.space = spaces::load_space("mlp", {}), .target = {.name = "board"}};
    std::vector<Probe> pool = draw_pool(set);

    std::vector<const spaces::Network*> networks() const {
        std::vector<const spaces::Network*> result;
        for (const Probe& probe : pool)
            result.push_back(probe.network.get());
        return result;
    }

    // From `count` probes, with so much relative noise.
    PredictorDocument fit(std::size_t count, double noise) const {
        const ProbeSet designed = with_more_probes(set, pool, count);
        Rng rng(9);
        std::vector<Measured> measured;
        for (const Probe& probe : designed.probes)
            measured.push_back({.network = probe.network.get(),
                                .latency = (1.0 + noise * rng.uniform(-1.0, 1.0)) *
                                           roofline_like(*probe.network)});
        return fit_networks(designed.target, measured, networks());
    }

    // Of all networks.
    double true_error(const PredictorDocument& document) const {
        const std::vector<const spaces::Network*> all = networks();
        const std::vector<Estimate> estimates = make_fitted_model(document)->estimate(all, {});
        double sum = 0.0;
        for (std::size_t i = 0; i < all.size(); ++i)
            sum += std::abs(estimates[i].latency / roofline_like(*all[i]) - 1.0);
        return sum / static_cast<double>(all.size());
    }
};

const Space& space() {
    static const Space one;
    return one;
}

}  // namespace

TEST_CASE("ten probes of a quiet target are enough, and meet what they promise",
          "[hw_models][onboarding]") {
    const PredictorDocument document = space().fit(10, 0.0);
    const Assessment found = assess(document, space().networks(), 0.1);
    CHECK(found.samples == 10);
    CHECK(found.enough);
    CHECK(found.more == 0);
    CHECK(found.expected_error <= 0.1);
    CHECK(found.expected_error >= found.mean_error);
    CHECK(found.expected_error >= found.interval_error);
    CHECK(found.half_width > 0.0);
    CHECK(space().true_error(document) <= found.expected_error);
}

TEST_CASE("of a noisy target more probes are asked for, but at most as many again",
          "[hw_models][onboarding]") {
    const PredictorDocument document = space().fit(6, 0.6);
    const Assessment found = assess(document, space().networks(), 0.05);
    CHECK_FALSE(found.enough);
    CHECK(found.more >= 2);
    CHECK(found.more <= 6);
    const double just = found.expected_error * 1.001;
    if (found.extrapolated <= 0.1)
        CHECK(assess(document, space().networks(), just).enough);
}

// By Wilson's formula with z = 1.6449.
TEST_CASE("a share of few samples has a wide interval", "[hw_models][onboarding]") {
    const ShareInterval half = share_interval(0.5, 10);
    CHECK(half.low == Approx(0.2693).epsilon(1e-3));
    CHECK(half.high == Approx(0.7307).epsilon(1e-3));
    const ShareInterval all = share_interval(1.0, 10);
    CHECK(all.low == Approx(0.7870).epsilon(1e-3));
    CHECK(all.high == 1.0);
    CHECK(share_interval(0.0, 10).low == 0.0);
}

TEST_CASE("probes are timed as any network, and what is kept is found again",
          "[hw_models][onboarding]") {
    using namespace std::chrono_literals;
    tests::ScriptedMachine machine;
    const tests::SimulatedRuntime runtime(machine, {});
    Meter meter = tests::scripted_meter(machine);
    const ProbeSet set = with_more_probes(space().set, space().pool, 3);
    const tests::TemporaryFolder folder;
    const ProbeFolder kept(folder / "deep/in");
    CHECK_FALSE(kept.has_probes());
    kept.keep(set);
    REQUIRE(kept.has_probes());
    kept.start_measurements(unmeasured_line(0));
    for (std::size_t i = 1; i < 3; ++i) {
        const ProbeTiming timing = time_probe(*set.probes[i].network, runtime, meter, {}, {});
        CHECK_FALSE(timing.disturbed);
        kept.append_measurements(measurement_line(i, timing.latency, timing.disturbed));
    }
    const std::vector<ProbeTimes> times = kept.measurements(kept.probes());
    CHECK(times[0].repetitions.empty());
    for (std::size_t i = 1; i < 3; ++i)
        CHECK(times[i].median() / Milliseconds(runtime.true_time(*set.probes[i].network)) ==
              Approx(1.0));
}

TEST_CASE("a line is added to a file whose last line has no end", "[hw_models][onboarding]") {
    const tests::TemporaryFolder folder;
    const ProbeFolder kept(folder.path());
    folder.write("measurements.csv", "probe,latency_ms\r\nprobe_00,2");
    kept.append_measurements(measurement_line(1, Milliseconds(3), false));
    const auto times = kept.measurements(with_more_probes(space().set, space().pool, 2));
    CHECK(times[0].median().count() == Approx(2.0));
    CHECK(times[1].median().count() == Approx(3.0));
}
