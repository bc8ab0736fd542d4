// SPDX-License-Identifier: Apache-2.0
#include "search/other_target.h"

#include "search/trial_codec.h"
#include "tests/support/catch.h"
#include "tests/support/fake_hardware.h"
#include "tests/support/spaces.h"

namespace parnas::search {
namespace {

double hidden_nodes_ms_below_12(const spaces::Network& network) {
    const std::int64_t width = std::get<spaces::Linear>(network.nodes[0].op).out;
    if (width >= 12)
        throw Error(ErrorKind::invalid_input, "it does not fit");
    return static_cast<double>(width);
}

}  // namespace

TEST_CASE("on another target a trial keeps what is no target's, and the rest is new",
          "[search][other_target]") {
    const auto space = std::make_shared<tests::FakeSpace>(tests::network_space());
    const auto metrics =
        metrics_on(std::make_shared<tests::FakeHardwareModel>(hidden_nodes_ms_below_12), space);
    const TrialCodec codec(space->params());
    store::TrialRecord trial;
    trial.metrics = {{"accuracy", 0.9}, {"latency_ms", 70.0}, {"energy_mj", 3.0}};
    trial.genotype = codec.to_text({{0, 0, 0}});
    const auto there = metrics(trial);
    REQUIRE(there.has_value());
    CHECK(there->at("accuracy") == 0.9);
    CHECK(there->at("latency_ms") == 4.0);
    CHECK(there->at("latency_high_ms") == Approx(4.4));
    CHECK_FALSE(there->contains("energy_mj"));
    trial.genotype = codec.to_text({{2, 0, 0}});
    CHECK_FALSE(metrics(trial).has_value());
}

}  // namespace parnas::search
