// SPDX-License-Identifier: Apache-2.0
#include "hw_models/measuring/calibration.h"

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "hw_models/measuring/triad.h"
#include "hw_models/roofline_profile.h"
#include "tests/hw_models/table/simulated_runtime.h"
#include "tests/support/catch.h"

using namespace parnas;
using namespace parnas::hw_models;
using namespace parnas::tests;
using Catch::Matchers::Contains;

namespace {

// Runs that take from 1 to 2 ms.
class WaveringRuntime final : public Runtime {
  public:
    explicit WaveringRuntime(ScriptedMachine& machine) : machine_(machine) {}

    const Target& target() const override { return target_; }
    std::unique_ptr<Runner> load(const spaces::Network&) const override {
        return std::make_unique<ScriptedRunner>(
            machine_, [](int run) { return Seconds(1e-3 * (1.0 + std::fmod(0.618 * run, 1.0))); });
    }

  private:
    ScriptedMachine& machine_;
    Target target_;
};

}  // namespace

TEST_CASE("a figure that varies too much is refused by its name", "[hw_models][calibration]") {
    ScriptedMachine machine;
    const WaveringRuntime runtime(machine);
    Meter meter = scripted_meter(machine);
    try {
        calibrate(runtime, meter, {}, {});
        FAIL("it was accepted");
    } catch (const Error& error) {
        CHECK(error.kind() == ErrorKind::unavailable);
        CHECK_THAT(error.what(), Contains("matrix products varies by") && Contains("15 %"));
    }
}

TEST_CASE("a calibration is a profile that the roofline reads", "[hw_models][calibration]") {
    const Calibration found{.target = {.name = "host/x/2t/bf16/nchw/b1",
                                       .hardware = "a CPU",
                                       .runtime = "X 1",
                                       .threads = 2,
                                       .dtype = spaces::DType::bf16},
                            .peak_gflops = {90.0, 100.0, 105.0},
                            .memory_gb_per_s = {9.0, 10.0, 11.0},
                            .cache_gb_per_s = {50.0, 60.0, 65.0},
                            .kernel_overhead_us = {2.0, 2.5, 2.6}};
    CHECK(found.peak_gflops.relative() == Approx(0.15));
    const Json json = to_profile(found, "my-host", {.tool = "parnas test", .date = "2026-01-31"});
    const RooflineProfile profile = read_profile(Document::parse(dump_json(json), "x.json"));
    CHECK(profile.card.target.name == "my-host");
    CHECK(profile.card.provenance == Provenance::calibrated);
    CHECK(profile.card.target.threads == 2);
    CHECK(profile.card.target.dtype == spaces::DType::bf16);
    CHECK(profile.peak_gflops == 100.0);
    CHECK(profile.memory_gb_per_s == 10.0);
    CHECK(profile.kernel_overhead_us == 2.5);

    Json faulty = json;
    faulty["calibration"]["peak_gflops"].erase("p90");
    faulty["calibration"]["mood"] = "good";
    CHECK_THROWS_WITH(read_profile(Document::parse(dump_json(faulty), "x.json")),
                      Contains("p90") && Contains("mood"));
}

TEST_CASE("a triad counts what it moves", "[hw_models][calibration]") {
    Triad one(std::size_t{24} << 20U, 1);
    Triad two(std::size_t{24} << 20U, 2);
    one.run();
    two.run();
    // Three rounds over 24 MiB are the first to be more than 64 MiB.
    CHECK(one.bytes_moved() == 3.0 * (24 << 20));
    CHECK(two.bytes_moved() == one.bytes_moved());
}
