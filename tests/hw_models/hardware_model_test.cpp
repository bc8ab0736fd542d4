// SPDX-License-Identifier: Apache-2.0
#include "hw_models/hardware_model.h"

#include <cmath>

#include "tests/support/catch.h"

using namespace parnas;
using namespace parnas::hw_models;

TEST_CASE("quantiles of a latency meet its interval and grow", "[hw_models][estimate]") {
    const Estimate skewed{
        .latency = Milliseconds(4.0), .low = Milliseconds(3.0), .high = Milliseconds(8.0)};
    CHECK(latency_quantile(skewed, 0.05).count() == Approx(3.0));
    CHECK(latency_quantile(skewed, 0.5).count() == Approx(4.0));
    CHECK(latency_quantile(skewed, 0.95).count() == Approx(8.0));
    // 2.326 / 1.645 of the way in the logarithm.
    CHECK(latency_quantile(skewed, 0.99).count() ==
          Approx(4.0 * std::pow(2.0, 2.326348 / 1.644854)));
    const Estimate sure{
        .latency = Milliseconds(4.0), .low = Milliseconds(4.0), .high = Milliseconds(4.0)};
    CHECK(latency_quantile(sure, 0.999) == Milliseconds(4.0));
}
