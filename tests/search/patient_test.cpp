// SPDX-License-Identifier: Apache-2.0
#include "search/pruners/patient.h"

#include "tests/search/curves.h"
#include "tests/search/study_fixture.h"
#include "tests/support/catch.h"

namespace parnas::search {
namespace {

using tests::curve;
using tests::kAccuracy;
using tests::kError;
using tests::kInfinity;
using tests::kNaN;

// Without a wrapped pruner.
bool stops(std::int64_t patience,
           double min_delta,
           const Objective& objective,
           const std::vector<double>& values) {
    return tests::stops(
        *make_patient_pruner({.patience = patience, .min_delta = min_delta}, objective),
        curve(values));
}

}  // namespace

TEST_CASE("a trial stops once the best is patience reports and one more behind it",
          "[search][pruner][patient]") {
    CHECK_FALSE(stops(2, 0.0, kError, {1.0, 2.0, 2.0}));
    CHECK(stops(2, 0.0, kError, {1.0, 2.0, 2.0, 2.0}));
    CHECK_FALSE(stops(2, 0.0, kError, {1.0, 2.0, 0.5, 2.0}));
    CHECK_FALSE(stops(2, 0.0, kError, {1.0, 2.0, 0.5, 2.0, 2.0}));
    CHECK(stops(2, 0.0, kError, {1.0, 2.0, 0.5, 2.0, 2.0, 2.0}));
    CHECK_FALSE(stops(2, 0.0, kAccuracy, {1.0, 2.0, 2.0, 2.0}));
    CHECK(stops(2, 0.0, kAccuracy, {1.0, 0.5, 0.5, 0.5}));
    CHECK_FALSE(stops(0, 0.0, kError, {1.0}));
    CHECK(stops(0, 0.0, kError, {1.0, 1.1}));
    CHECK_FALSE(stops(0, 0.0, kError, {}));
}

TEST_CASE("to reach the best again, or all but min_delta of it, is enough",
          "[search][pruner][patient]") {
    CHECK_FALSE(stops(1, 0.0, kError, {1.0, 1.0, 1.0}));
    CHECK_FALSE(stops(1, 0.25, kError, {1.0, 2.0, 1.25}));
    CHECK(stops(1, 0.25, kError, {1.0, 2.0, 1.26}));
    CHECK_FALSE(stops(1, 0.25, kAccuracy, {1.0, 0.0, 0.75}));
    CHECK(stops(1, 0.25, kAccuracy, {1.0, 0.0, 0.74}));
}

TEST_CASE("reports are counted for patience, not steps", "[search][pruner][patient]") {
    Curve sparse{.points = {{0, 1.0}, {10, 2.0}, {20, 2.0}}};
    const auto pruner = make_patient_pruner({.patience = 2}, kError);
    CHECK_FALSE(tests::stops(*pruner, sparse));
    sparse.points.push_back({30, 2.0});
    CHECK(tests::stops(*pruner, sparse));
}

TEST_CASE("NaN improves nothing, and anything is better", "[search][pruner][patient]") {
    CHECK(stops(1, 0.0, kError, {1.0, kNaN, kNaN}));
    CHECK(stops(1, 0.0, kError, {kNaN, kNaN, kNaN}));
    CHECK_FALSE(stops(1, 0.0, kError, {kNaN, kNaN, 5.0}));
    CHECK(stops(1, 0.0, kError, {1.0, kNaN, 2.0}));
    CHECK_FALSE(stops(1, 0.0, kError, {kInfinity, kInfinity, 5.0}));
    CHECK(stops(1, 0.0, kError, {5.0, kInfinity, kInfinity}));
}

TEST_CASE("a wrapped pruner decides once patience is over", "[search][pruner][patient]") {
    bool asked = false;
    bool answer = true;
    const auto pruner =
        make_patient_pruner({.wrapped = std::make_unique<tests::StopsIf>([&](const Curve&) {
                                 asked = true;
                                 return answer;
                             }),
                             .patience = 1},
                            kError);
    CHECK_FALSE(tests::stops(*pruner, curve({1.0, 2.0})));
    CHECK_FALSE(asked);
    CHECK(pruner->judge(curve({1.0, 2.0, 2.0}), {}) == "as \"told\"");
    CHECK(asked);
    answer = false;
    CHECK_FALSE(tests::stops(*pruner, curve({1.0, 2.0, 2.0})));
}

TEST_CASE("the patient pruner says what was not reached again", "[search][pruner][patient]") {
    const auto pruner = make_patient_pruner({.patience = 1}, kError);
    CHECK(pruner->judge(curve({0.25, 0.5, 0.75}), {}) ==
          "the best error of the last 2 reports, 0.5, is behind 0.25, the best before");
}

}  // namespace parnas::search
