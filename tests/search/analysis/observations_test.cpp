// SPDX-License-Identifier: Apache-2.0
#include "search/analysis/observations.h"

#include <cmath>
#include <limits>

#include "spaces/distribution.h"
#include "tests/support/catch.h"

namespace parnas::search {
namespace {

const store::StudySpec kStudy{.name = "s",
                              .metrics = {"loss"},
                              .directions = {Direction::minimize}};

store::TrialRecord trial(double loss, std::vector<store::ParamRecord> params) {
    return {.state = TrialState::complete, .params = std::move(params), .values = {loss}};
}

std::string real(double low, double high) {
    return spaces::to_distribution(spaces::Real{.low = low, .high = high});
}

}  // namespace

TEST_CASE("observations are the complete trials of the search with a finite value",
          "[search][analysis]") {
    std::vector<store::TrialRecord> trials(8, trial(0.5, {{"x", 0.25, real(0, 1)}}));
    trials[1].state = TrialState::fail;
    trials[2].state = TrialState::pruned;
    trials[3].fidelity = 0.5;
    trials[4].stage = Stage::finalist;
    trials[5].values = {std::numeric_limits<double>::infinity()};
    trials[6].values = {std::nan("")};
    trials[7].values = {};
    const Observations seen = observe(kStudy, trials, "loss");
    CHECK(seen.size() == 1);
    CHECK(seen.left_out == 3);
    CHECK(seen.positions == std::vector<double>{0.25});
}

TEST_CASE("observations know which trials lack a parameter", "[search][analysis]") {
    const std::vector<store::TrialRecord> trials{
        trial(1.0, {{"x", 0.5, real(0, 1)}, {"fixed", 3.0, real(3, 3)}}),
        trial(2.0, {{"y", 4.0, real(0, 10)}, {"fixed", 3.0, real(3, 3)}})};
    const Observations seen = observe(kStudy, trials, "loss");
    REQUIRE(seen.axes.size() == 2);
    CHECK(seen.axes[0].name == "x");
    CHECK(seen.axes[1].name == "y");
    CHECK(seen.position(0, 0) == 0.5);
    CHECK(std::isnan(seen.position(0, 1)));
    CHECK(std::isnan(seen.position(1, 0)));
    CHECK(seen.position(1, 1) == 0.4);
}

TEST_CASE("a range that changes from trial to trial is as wide as all of them",
          "[search][analysis]") {
    const std::vector<store::TrialRecord> trials{trial(1.0, {{"x", 1.0, real(0, 2)}}),
                                                 trial(2.0, {{"x", 3.0, real(1, 4)}})};
    const Observations seen = observe(kStudy, trials, "loss");
    CHECK(seen.positions == std::vector<double>{0.25, 0.75});
}

TEST_CASE("any metric can be what is explained", "[search][analysis]") {
    std::vector<store::TrialRecord> trials(2, trial(1.0, {{"x", 1.0, real(0, 2)}}));
    trials[0].metrics["latency_ms"] = 7.0;
    const Observations seen = observe(kStudy, trials, "latency_ms");
    CHECK(seen.values == std::vector<double>{7.0});
    CHECK(seen.left_out == 1);
}

}  // namespace parnas::search
