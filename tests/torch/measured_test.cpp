// SPDX-License-Identifier: Apache-2.0
#include "evaluators/torch/measured.h"

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "tests/support/catch.h"
#include "tests/support/networks.h"

using namespace parnas;
using namespace parnas::evaluators;

namespace {

std::unique_ptr<hw_models::HardwareModel> make_model(double seconds) {
    Faults faults;
    const Json json{{"seconds", seconds}};
    ObjectReader options(json, "/target", faults);
    auto model = make_measured_model(options, {});
    options.finish();
    faults.throw_if_any();
    return model;
}

}  // namespace

TEST_CASE("a measured latency is positive and lies in its interval", "[torch][measured]") {
    const auto model = make_model(0.05);
    const spaces::Network shallow = tests::small_convnet({.input = {3, 32, 32}, .depth = 1});
    const spaces::Network deep = tests::small_convnet({.input = {3, 32, 32}, .depth = 12});
    const std::vector<const spaces::Network*> networks{&shallow, &deep};
    const auto estimates = model->estimate(networks, {});
    REQUIRE(estimates.size() == 2);
    for (const hw_models::Estimate& each : estimates) {
        CHECK(each.low > Milliseconds(0));
        CHECK(each.low <= each.latency);
        CHECK(each.latency <= each.high);
        CHECK(each.stddev >= Milliseconds(0));
        CHECK(each.peak_memory > Bytes(0));
        CHECK(!each.energy);
        CHECK(each.source == hw_models::Source::measured);
    }
    // Twelve times the work: not even a busy machine hides that.
    CHECK(estimates[1].latency > estimates[0].latency);
    CHECK(estimates[1].peak_memory > estimates[0].peak_memory);
}

TEST_CASE("a measurement's target names hardware, runtime and setting", "[torch][measured]") {
    const auto model = make_model(0.01);
    CHECK(model->target().name == "host/libtorch/1t/fp32/b1");
    CHECK(!model->target().hardware.empty());
    CHECK(model->target().runtime.starts_with("LibTorch "));
}

TEST_CASE("a stopped measurement is unavailable", "[torch][measured]") {
    const spaces::Network network = tests::small_mlp(2, 2, 2);
    const std::vector<const spaces::Network*> networks{&network};
    std::stop_source stop;
    stop.request_stop();
    try {
        make_model(60.0)->estimate(networks, stop.get_token());
        FAIL("it went on");
    } catch (const Error& error) {
        CHECK(error.kind() == ErrorKind::unavailable);
    }
}
