// SPDX-License-Identifier: Apache-2.0
#include "search/pruners/hyperband.h"

#include <cmath>

#include "core/rng.h"
#include "search/pruners/successive_halving.h"
#include "tests/search/curves.h"
#include "tests/support/catch.h"

namespace parnas::search {

using tests::curve;
using tests::kError;
using tests::stops;

TEST_CASE("there are as many brackets as reductions fit, and one", "[search][pruner][hyperband]") {
    CHECK(Brackets({}, 80).count() == 4);
    CHECK(Brackets({}, 81).count() == 5);
    CHECK(Brackets({}, 243).count() == 6);
    CHECK(Brackets({.min_resource = 2, .reduction_factor = 4}, 100).count() == 3);
    CHECK(Brackets({.min_resource = 10}, 3).count() == 1);
    CHECK(Brackets({}, 1).count() == 1);
}

TEST_CASE("any part of a study has its share of each bracket", "[search][pruner][hyperband]") {
    // ceil(5 / (s + 1) * 3^s) for s = 4 ... 0.
    const std::vector<double> sizes{81, 34, 15, 8, 5};
    const Brackets brackets({}, 81);
    for (const TrialNumber begin : {0, 1000, 123456}) {
        for (const TrialNumber length : {20, 143, 1000}) {
            std::vector<double> counts(sizes.size(), 0.0);
            for (TrialNumber number = begin; number < begin + length; ++number)
                counts.at(brackets.of(number)) += 1.0;
            for (std::size_t i = 0; i < sizes.size(); ++i) {
                CAPTURE(begin, length, i);
                const double expected = sizes[i] * static_cast<double>(length) / 143.0;
                CHECK(std::abs(counts[i] - expected) < 3.0);
            }
        }
    }
}

TEST_CASE("Hyperband is successive halving within each bracket", "[search][pruner][hyperband]") {
    const HyperbandOptions options{
        .min_resource = 1, .max_resource = 12, .reduction_factor = 2, .bootstrap_count = 1};
    const Brackets brackets(options, 12);
    REQUIRE(brackets.count() == 4);
    const auto hyperband = make_hyperband_pruner(options, kError);
    Rng rng(7);
    std::vector<int> stopped(brackets.count(), 0);
    for (int i = 0; i < 2000; ++i) {
        std::vector<Curve> known;
        std::vector<Curve> rivals;
        const TrialNumber number = rng.integer(0, 30);
        const std::size_t bracket = brackets.of(number);
        const auto draw = [&rng](TrialNumber which) {
            Curve drawn{.number = which, .points = {}};
            for (std::int64_t step = 0; step < 12; ++step)
                if (rng.chance(0.7))
                    drawn.points.push_back(
                        {.step = step, .value = static_cast<double>(rng.integer(0, 5))});
            return drawn;
        };
        for (TrialNumber other = 0; other < 30; ++other) {
            known.push_back(draw(other));
            if (brackets.of(other) == bracket)
                rivals.push_back(known.back());
        }
        Curve trial = draw(number);
        trial.points.resize(static_cast<std::size_t>(rng.integer(0, std::ssize(trial.points))));
        const auto halving = make_successive_halving_pruner(
            {.min_resource = 1,
             .reduction_factor = 2,
             .min_early_stopping_rate = static_cast<std::int64_t>(bracket),
             .bootstrap_count = 1},
            kError);
        const bool expected = stops(*halving, trial, rivals);
        CHECK(stops(*hyperband, trial, known) == expected);
        stopped[bracket] += expected;
    }
    for (const int each : stopped)
        CHECK(each > 0);
}

TEST_CASE("max_resource: auto is what the first complete trial took",
          "[search][pruner][hyperband]") {
    const auto automatic = make_hyperband_pruner({}, kError);
    const auto known_to_be_81 = make_hyperband_pruner({.max_resource = 81}, kError);
    std::vector<Curve> known;
    for (TrialNumber number = 0; number < 40; ++number)
        known.push_back(curve(std::vector<double>(81, 1.0), number, TrialState::running));
    const auto differences = [&] {
        int count = 0;
        for (TrialNumber number = 100; number < 140; ++number)
            for (const std::size_t reports : {2, 4, 10, 28}) {
                const Curve trial = curve(std::vector<double>(reports, 2.0), number);
                count += stops(*automatic, trial, known) != stops(*known_to_be_81, trial, known);
            }
        return count;
    };
    const Curve trial = curve({2.0, 2.0}, 101);
    CHECK(stops(*known_to_be_81, trial, known));
    CHECK_FALSE(stops(*automatic, trial, known));
    known[5].state = TrialState::complete;
    known.push_back(curve(std::vector<double>(30, 1.0), 41));
    CHECK(stops(*automatic, trial, known));
    CHECK(differences() == 0);
    known[5].state = TrialState::running;
    CHECK(differences() > 0);
}

TEST_CASE("Hyperband says in which bracket a trial stopped", "[search][pruner][hyperband]") {
    const auto pruner = make_hyperband_pruner({.max_resource = 1}, kError);
    CHECK(pruner->judge(curve({2.0, 2.0}, 1), std::vector{curve({1.0, 1.0}, 0)}) ==
          "bracket 0: at rung 1 the error, 2, is worse than 1 of 1 others; 1 of 2 go on");
}

}  // namespace parnas::search
