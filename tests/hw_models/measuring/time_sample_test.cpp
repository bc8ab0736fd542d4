// SPDX-License-Identifier: Apache-2.0
#include "hw_models/measuring/time_sample.h"

#include "core/rng.h"
#include "tests/support/catch.h"

using namespace parnas;
using namespace parnas::hw_models;

namespace {

TimeSample sample_of(const std::vector<double>& seconds) {
    return TimeSample({seconds.begin(), seconds.end()});
}

}  // namespace

TEST_CASE("order statistics of times equal those computed by hand", "[hw_models][time_sample]") {
    const TimeSample sample = sample_of({5, 1, 4, 2, 3});
    CHECK(sample.least().count() == 1.0);
    CHECK(sample.median().count() == 3.0);
    CHECK(sample.quantile(0.0).count() == 1.0);
    CHECK(sample.quantile(0.9).count() == Approx(4.6));
    CHECK(sample.quantile(1.0).count() == 5.0);
    CHECK(sample.deviation().count() == 1.0);
    CHECK(sample_of({1, 2, 3, 100}).median().count() == 2.5);
    CHECK(sample_of({1, 2, 3, 100}).interquartile_mean().count() == 2.5);
}

TEST_CASE("one time is its own median and interval", "[hw_models][time_sample]") {
    const TimeSample sample = sample_of({2});
    CHECK(sample.median().count() == 2.0);
    CHECK(sample.median_interval(1.96).low.count() == 2.0);
    CHECK(sample.median_interval(1.96).high.count() == 2.0);
    CHECK(sample.deviation().count() == 0.0);
    CHECK_FALSE(sample.bimodal());
}

TEST_CASE("the median's 95 % interval holds the true median in 95 of 100 samples",
          "[hw_models][time_sample]") {
    // Of a skew distribution: exponential, median ln 2. The share of 2,000 samples has a
    // standard deviation of 0.5 points; discrete ranks make the interval a little wide.
    const Rng seed(7);
    int covered = 0;
    for (std::uint64_t i = 0; i < 2000; ++i) {
        Rng rng = seed.fork(i);
        std::vector<double> times;
        for (int k = 0; k < 40; ++k)
            times.push_back(-std::log1p(-rng.uniform()));
        const TimeInterval interval = sample_of(times).median_interval(1.96);
        covered += interval.low.count() <= std::log(2.0) && std::log(2.0) <= interval.high.count();
    }
    CHECK(covered >= 1880);
    CHECK(covered <= 1980);
}

TEST_CASE("times of two modes are told from times with a tail", "[hw_models][time_sample]") {
    std::vector<double> modes(60, 1.0);
    modes.insert(modes.end(), 50, 1.3);
    CHECK(sample_of(modes).bimodal());
    std::vector<double> tail(90, 1.0);
    tail.insert(tail.end(), 10, 5.0);
    CHECK_FALSE(sample_of(tail).bimodal());
}
