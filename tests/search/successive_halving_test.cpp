// SPDX-License-Identifier: Apache-2.0
#include "search/pruners/successive_halving.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "core/rng.h"
#include "tests/search/curves.h"
#include "tests/support/catch.h"

namespace parnas::search {
namespace {

using tests::curve;
using tests::kAccuracy;
using tests::kError;
using tests::kNaN;

constexpr TrialNumber kTrial = 100;

bool stops(const SuccessiveHalvingOptions& options,
           const Objective& objective,
           const Curve& trial,
           const std::vector<Curve>& known) {
    return tests::stops(*make_successive_halving_pruner(options, objective), trial, known);
}

// That has just reported its second value, the first one that counts.
Curve at_rung(double value) {
    return curve({9.0, value}, kTrial, TrialState::running);
}

// Trials that stopped at step 1.
std::vector<Curve> were_at_rung(const std::vector<double>& values) {
    std::vector<Curve> known;
    for (const double value : values)
        known.push_back(curve({9.0, value}, std::ssize(known), TrialState::pruned));
    return known;
}

constexpr SuccessiveHalvingOptions kQuarter{.min_resource = 1};
constexpr SuccessiveHalvingOptions kAsha{.min_resource = 1,
                                         .reduction_factor = 3,
                                         .survivors = Survivors::one_more_place};

// What was recorded at each rung, kept as the trials report, as Optuna and syne-tune do it.
class Bookkeeper {
  public:
    explicit Bookkeeper(const SuccessiveHalvingOptions& options) : options_(options) {}

    // Minimises.
    bool stops(TrialNumber trial, const CurvePoint& point) {
        bool stopped = false;
        for (std::int64_t rung = *options_.min_resource; rung <= point.step;
             rung *= options_.reduction_factor) {
            std::map<TrialNumber, double>& recorded = recorded_[rung];
            if (recorded.contains(trial))
                continue;
            recorded[trial] = point.value;
            stopped = stopped || is_behind(point.value, recorded);
        }
        return stopped;
    }

  private:
    bool is_behind(double value, const std::map<TrialNumber, double>& recorded) const {
        if (std::isnan(value))
            return true;
        std::vector<double> sorted;
        for (const auto& [trial, each] : recorded)
            if (!std::isnan(each))
                sorted.push_back(each);
        std::ranges::sort(sorted);
        const auto eta = static_cast<std::size_t>(options_.reduction_factor);
        if (options_.survivors == Survivors::share)
            return !(value <= sorted[std::max<std::size_t>(sorted.size() / eta, 1) - 1]);
        const auto rank =
            static_cast<double>(std::ranges::lower_bound(sorted, value) - sorted.begin());
        return rank / static_cast<double>(sorted.size()) > 1.0 / static_cast<double>(eta);
    }

    SuccessiveHalvingOptions options_;
    std::map<std::int64_t, std::map<TrialNumber, double>> recorded_;
};

}  // namespace

TEST_CASE("verdicts from curves are those of a record of who came to which rung",
          "[search][pruner][halving]") {
    Rng rng(11);
    int stopped = 0;
    int reported = 0;
    for (int i = 0; i < 200; ++i) {
        const SuccessiveHalvingOptions options{
            .min_resource = rng.integer(1, 3),
            .reduction_factor = rng.integer(2, 4),
            .survivors = rng.chance(0.5) ? Survivors::share : Survivors::one_more_place};
        const auto pruner = make_successive_halving_pruner(options, kError);
        Bookkeeper bookkeeper(options);
        std::vector<Curve> known;
        for (TrialNumber number = 0; number < 12; ++number) {
            Curve trial{.number = number, .points = {}};
            for (std::int64_t step = 0; step < 20 && trial.state == TrialState::running; ++step) {
                if (rng.chance(0.3))
                    continue;
                const double value =
                    rng.chance(0.02) ? kNaN : static_cast<double>(rng.integer(0, 8));
                trial.points.push_back({.step = step, .value = value});
                const bool expected = bookkeeper.stops(number, trial.points.back());
                CHECK(tests::stops(*pruner, trial, known) == expected);
                ++reported;
                stopped += expected;
                if (expected)
                    trial.state = TrialState::pruned;
            }
            known.push_back(trial);
        }
    }
    CHECK(stopped > 1000);
    CHECK(reported > 4 * stopped);
}

TEST_CASE("of n trials at a rung the best n / 4 go on, at least one", "[search][pruner][halving]") {
    CHECK_FALSE(stops(kQuarter, kError, at_rung(5.0), {}));
    CHECK_FALSE(stops(kQuarter, kError, at_rung(1.0), were_at_rung({1.5})));
    CHECK(stops(kQuarter, kError, at_rung(2.0), were_at_rung({1.5})));
    CHECK_FALSE(stops(kQuarter, kError, at_rung(1.5), were_at_rung({2, 3, 4, 5, 6, 7, 1})));
    CHECK(stops(kQuarter, kError, at_rung(1.5), were_at_rung({3, 4, 5, 6, 7, 1})));
    CHECK(stops(kQuarter, kError, at_rung(2.5), were_at_rung({2, 3, 4, 5, 6, 7, 1})));
    CHECK_FALSE(stops(kQuarter, kAccuracy, at_rung(6.5), were_at_rung({2, 3, 4, 5, 6, 7, 1})));
    CHECK(stops(kQuarter, kAccuracy, at_rung(5.5), were_at_rung({2, 3, 4, 5, 6, 7, 1})));
}

TEST_CASE("asha stops a trial if more than a third of those at the rung are better",
          "[search][pruner][halving]") {
    CHECK_FALSE(stops(kAsha, kError, at_rung(5.0), {}));
    CHECK(stops(kAsha, kError, at_rung(2.0), were_at_rung({1})));                    // 1 of 2
    CHECK_FALSE(stops(kAsha, kError, at_rung(2.0), were_at_rung({1, 3})));           // 1 of 3
    CHECK(stops(kAsha, kError, at_rung(2.0), were_at_rung({1, 1, 3, 3})));           // 2 of 5
    CHECK_FALSE(stops(kAsha, kError, at_rung(2.0), were_at_rung({1, 1, 3, 3, 3})));  // 2 of 6
    CHECK_FALSE(stops(kAsha, kAccuracy, at_rung(2.0), were_at_rung({1, 3})));
    CHECK(stops(kAsha, kAccuracy, at_rung(2.0), were_at_rung({3, 3})));
}

TEST_CASE("equal values share the better place at a rung", "[search][pruner][halving]") {
    CHECK_FALSE(stops(kQuarter, kError, at_rung(1.0), were_at_rung({1, 1, 1, 1})));
    CHECK_FALSE(stops(kAsha, kError, at_rung(1.0), were_at_rung({1, 1, 1, 1})));
    CHECK(stops(kQuarter, kError, at_rung(1.0), were_at_rung({1, 1, 1, 1, 0.5})));
}

TEST_CASE("a trial is judged where it reaches a rung and nowhere else",
          "[search][pruner][halving]") {
    const std::vector<Curve> known{curve(std::vector<double>(20, 1.0))};
    std::vector<double> values;
    for (std::int64_t step = 0; step < 20; ++step) {
        CAPTURE(step);
        values.push_back(2.0);
        const bool is_rung = step == 1 || step == 4 || step == 16;
        CHECK(stops(kQuarter, kError, curve(values, kTrial), known) == is_rung);
    }
}

TEST_CASE("a rung whose step was missed is judged at the next report",
          "[search][pruner][halving]") {
    const std::vector<Curve> known{{.number = 0, .points = {{1, 3.0}, {6, 1.0}}}};
    CHECK(stops(kQuarter, kError, {.number = 1, .points = {{1, 3.0}, {5, 2.0}}}, known));
    CHECK_FALSE(stops(kQuarter, kError, {.number = 1, .points = {{1, 3.0}, {5, 1.0}}}, known));
    CHECK_FALSE(
        stops(kQuarter, kError, {.number = 1, .points = {{1, 3.0}, {5, 1.0}, {7, 2.0}}}, known));
    // At the rungs 1 and 4 at once: good enough for the first, not for the second.
    CHECK(stops(kQuarter, kError, {.number = 1, .points = {{5, 2.0}}}, known));
}

TEST_CASE("NaN stops a trial at a rung and is no measure for others", "[search][pruner][halving]") {
    CHECK(stops(kQuarter, kError, at_rung(kNaN), {}));
    CHECK(stops(kAsha, kAccuracy, at_rung(kNaN), {}));
    CHECK_FALSE(stops(kQuarter, kError, curve({1.0, 1.0, kNaN}, kTrial), {}));
    CHECK_FALSE(stops(kQuarter, kError, at_rung(2.0), were_at_rung({kNaN, kNaN})));
    CHECK(stops(kAsha, kError, at_rung(2.0), were_at_rung({1, kNaN})));  // 1 of 2, not of 3
}

TEST_CASE("trials compete in whatever state they are, but not with themselves",
          "[search][pruner][halving]") {
    for (const TrialState state :
         {TrialState::running, TrialState::complete, TrialState::pruned, TrialState::fail})
        CHECK(stops(kQuarter, kError, at_rung(2.0), {curve({1.0, 1.0}, 0, state)}));
    CHECK_FALSE(stops(kQuarter, kError, at_rung(2.0), {curve({1.0, 1.0}, kTrial)}));
    CHECK_FALSE(stops(kQuarter, kError, at_rung(2.0), {curve({1.0}, 0)}));
}

TEST_CASE("min_resource: auto takes a hundredth of the first complete trial",
          "[search][pruner][halving]") {
    const SuccessiveHalvingOptions automatic;
    const std::vector<double> long_curve(351, 1.0);
    const std::vector<double> longer_curve(901, 1.0);
    std::vector<Curve> known{curve(long_curve, 4, TrialState::running)};
    const auto stops_after = [&](std::size_t reports) {
        return stops(automatic, kError, curve(std::vector<double>(reports, 2.0), kTrial), known);
    };
    CHECK_FALSE(stops_after(4));
    known.push_back(curve(longer_curve, 5));
    known.push_back(curve(long_curve, 2));
    known.push_back(curve({}, 1));
    CHECK_FALSE(stops_after(3));
    CHECK(stops_after(4));  // step 3
    CHECK(stops_after(13));
    CHECK_FALSE(stops_after(10));
    known = {curve({1.0, 1.0}, 2)};
    CHECK(stops_after(2));
}

TEST_CASE("min_early_stopping_rate leaves out the first rungs", "[search][pruner][halving]") {
    const SuccessiveHalvingOptions options{
        .min_resource = 2, .reduction_factor = 3, .min_early_stopping_rate = 1};
    const std::vector<Curve> known{curve(std::vector<double>(30, 1.0))};
    const auto stops_after = [&](std::size_t reports) {
        return stops(options, kError, curve(std::vector<double>(reports, 2.0), kTrial), known);
    };
    CHECK_FALSE(stops_after(3));
    CHECK(stops_after(7));
    CHECK(stops_after(19));
}

TEST_CASE("the first bootstrap_count trials at a rung stop there", "[search][pruner][halving]") {
    SuccessiveHalvingOptions options = kQuarter;
    options.bootstrap_count = 2;
    CHECK(stops(options, kError, at_rung(1.0), {}));
    CHECK(stops(options, kError, at_rung(1.0), were_at_rung({2})));
    CHECK_FALSE(stops(options, kError, at_rung(1.0), were_at_rung({2, 2})));
    CHECK(stops(options, kError, at_rung(3.0), were_at_rung({2, 2})));
}

TEST_CASE("rungs end with the largest step there is", "[search][pruner][halving]") {
    constexpr std::int64_t kLast = std::numeric_limits<std::int64_t>::max();
    CHECK_FALSE(stops(kQuarter, kError, {.number = 1, .points = {{kLast, 1.0}}}, {}));
    const SuccessiveHalvingOptions late{
        .min_resource = kLast / 2, .reduction_factor = 4, .min_early_stopping_rate = 62};
    CHECK_FALSE(stops(late, kError, {.number = 1, .points = {{kLast, kNaN}}}, {}));
}

TEST_CASE("successive halving says how many were better", "[search][pruner][halving]") {
    const auto pruner = make_successive_halving_pruner(kQuarter, kError);
    CHECK(pruner->judge(at_rung(2.5), were_at_rung({2, 3, 4, 5, 6, 7, 1})) ==
          "at rung 1 the error, 2.5, is worse than 2 of 7 others; 2 of 8 go on");
    CHECK(pruner->judge(at_rung(kNaN), {}) == "at rung 1 the error is NaN");
}

}  // namespace parnas::search
