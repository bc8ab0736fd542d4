// SPDX-License-Identifier: Apache-2.0
#include "search/pruners/threshold.h"

#include "tests/search/curves.h"
#include "tests/support/catch.h"

namespace parnas::search {

using tests::curve;
using tests::kAccuracy;
using tests::kError;
using tests::kInfinity;
using tests::kNaN;
using tests::stops;

TEST_CASE("a trial stops outside of its bounds and not on them", "[search][pruner][threshold]") {
    for (const Objective& objective : {kAccuracy, kError}) {
        const auto both = make_threshold_pruner({.lower = -1.0, .upper = 2.0}, objective);
        CHECK_FALSE(stops(*both, curve({-1.0})));
        CHECK(stops(*both, curve({-1.1})));
        CHECK_FALSE(stops(*both, curve({2.0})));
        CHECK(stops(*both, curve({2.1})));
        CHECK(stops(*both, curve({-kInfinity})));
        CHECK(stops(*both, curve({kNaN})));
        const auto upper = make_threshold_pruner({.upper = 2.0}, objective);
        CHECK_FALSE(stops(*upper, curve({-kInfinity})));
        CHECK(stops(*upper, curve({kInfinity})));
        const auto lower = make_threshold_pruner({.lower = -1.0}, objective);
        CHECK(stops(*lower, curve({-kInfinity})));
        CHECK_FALSE(stops(*lower, curve({kInfinity})));
    }
}

TEST_CASE("only the last report counts against a threshold", "[search][pruner][threshold]") {
    const auto pruner = make_threshold_pruner({.upper = 2.0}, kError);
    CHECK_FALSE(stops(*pruner, curve({})));
    CHECK_FALSE(stops(*pruner, curve({3.0, kNaN, 1.0})));
    CHECK(stops(*pruner, curve({1.0, 1.0, 3.0})));
}

TEST_CASE("a threshold is checked at intervals from the warm-up on",
          "[search][pruner][threshold]") {
    const auto pruner = make_threshold_pruner(
        {.upper = 2.0, .schedule = {.warmup_steps = 2, .interval_steps = 3}}, kError);
    CHECK_FALSE(stops(*pruner, curve({3.0, 3.0})));
    CHECK(stops(*pruner, curve({3.0, 3.0, 3.0})));
    CHECK_FALSE(stops(*pruner, curve({3.0, 3.0, 3.0, 3.0})));
    CHECK_FALSE(stops(*pruner, curve({3.0, 3.0, 3.0, 3.0, 3.0})));
    CHECK(stops(*pruner, curve({3.0, 3.0, 3.0, 3.0, 3.0, 3.0})));
    // A check whose step was missed is made up for at the next report.
    Curve gap = curve({3.0, 3.0, 3.0});
    gap.points.push_back({.step = 6, .value = 3.0});
    CHECK(stops(*pruner, gap));
    gap.points.push_back({.step = 7, .value = 3.0});
    CHECK_FALSE(stops(*pruner, gap));
}

TEST_CASE("the threshold pruner says which bound was passed", "[search][pruner][threshold]") {
    const auto pruner = make_threshold_pruner({.lower = 0.1, .upper = 2.0}, kError);
    CHECK(pruner->judge(curve({1.0, 2.5}), {}) == "at step 1 the error, 2.5, is above 2");
    CHECK(pruner->judge(curve({0.0}), {}) == "at step 0 the error, 0, is below 0.1");
    CHECK(pruner->judge(curve({kNaN}), {}) == "at step 0 the error is NaN");
}

}  // namespace parnas::search
