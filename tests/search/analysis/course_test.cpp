// SPDX-License-Identifier: Apache-2.0
#include "search/analysis/course.h"

#include <chrono>
#include <cmath>
#include <limits>

#include "tests/support/catch.h"

namespace parnas::search {
namespace {

const store::StudySpec kOne{.name = "one",
                            .metrics = {"accuracy"},
                            .directions = {Direction::maximize}};
const store::StudySpec kTwo{.name = "two",
                            .metrics = {"error", "accuracy"},
                            .directions = {Direction::minimize, Direction::maximize}};

// Ends `end` seconds after the first one began, and costs `cost`.
store::TrialRecord ended(TrialNumber number,
                         std::vector<double> values,
                         double end,
                         double cost,
                         TrialState state = TrialState::complete) {
    const TimePoint start{};
    return {.number = number,
            .state = state,
            .values = std::move(values),
            .cost = Seconds(cost),
            .started = start,
            .finished = start + std::chrono::duration_cast<TimePoint::duration>(Seconds(end))};
}

Course steps(std::vector<double> values) {
    Course course{.values = std::move(values), .cost = {}, .time = {}};
    for (std::size_t i = 1; i <= course.size(); ++i) {
        course.cost.push_back(static_cast<double>(i * 10));
        course.time.push_back(static_cast<double>(i));
    }
    return course;
}

}  // namespace

TEST_CASE("course follows trials as they ended, with what failures cost", "[search][analysis]") {
    const std::vector<store::TrialRecord> trials{ended(0, {0.7}, 9.0, 4.0),
                                                 ended(1, {}, 2.0, 1.0, TrialState::fail),
                                                 ended(2, {0.5}, 5.0, 2.0),
                                                 ended(3, {NAN}, 10.0, 1.0),
                                                 ended(4, {0.6}, 11.0, 1.0),
                                                 {.number = 5, .state = TrialState::running}};
    const Course course = best_so_far(kOne, trials, "accuracy");
    REQUIRE(course.size() == 5);
    CHECK(std::isnan(course.values[0]));
    CHECK(std::vector(course.values.begin() + 1, course.values.end()) ==
          std::vector<double>{0.5, 0.7, 0.7, 0.7});
    CHECK(course.cost == std::vector<double>{1.0, 3.0, 7.0, 8.0, 9.0});
    CHECK(course.time == std::vector<double>{2.0, 5.0, 9.0, 10.0, 11.0});
}

TEST_CASE("trials that do not tell what their candidates are worth do not count",
          "[search][analysis]") {
    std::vector<store::TrialRecord> trials{ended(0, {0.9}, 1.0, 1.0), ended(1, {0.8}, 2.0, 1.0)};
    trials[0].fidelity = 0.5;
    trials[1].stage = Stage::finalist;
    const Course course = best_so_far(kOne, trials, "accuracy");
    REQUIRE(course.size() == 1);
    CHECK(std::isnan(course.values[0]));
}

TEST_CASE("hypervolume grows with the front", "[search][analysis]") {
    const std::vector<store::TrialRecord> trials{ended(0, {3.0, 0.0}, 1.0, 1.0),
                                                 ended(1, {1.0, 1.0}, 2.0, 1.0),
                                                 ended(2, {1.5, 0.5}, 3.0, 1.0),
                                                 ended(3, {0.0, 0.5}, 4.0, 1.0)};
    // To error 2 and accuracy 0: the first trial is beyond, the third dominated.
    const Course course = hypervolume_so_far(kTwo, trials, {2.0, 0.0});
    CHECK(course.values == std::vector<double>{0.0, 1.0, 1.0, 1.5});
}

TEST_CASE("what a study had reached is what its last trial by then left", "[search][analysis]") {
    const Course course = steps({5.0, 4.0, 4.0, 2.0});
    CHECK(std::isnan(value_at(course, Along::trials, 0.0)));
    CHECK(value_at(course, Along::trials, 1.0) == 5.0);
    CHECK(value_at(course, Along::trials, 9.0) == 2.0);
    CHECK(std::isnan(value_at(course, Along::cost, 9.9)));
    CHECK(value_at(course, Along::cost, 20.0) == 4.0);
    CHECK(value_at(course, Along::time, 3.5) == 4.0);
    CHECK(length(course, Along::trials) == 4.0);
    CHECK(length(course, Along::cost) == 40.0);
}

TEST_CASE("a band has quartiles where all studies have something", "[search][analysis]") {
    const std::vector<Course> studies{
        steps({NAN, 4.0, 1.0}), steps({5.0, 5.0, 2.0, 0.0}), steps({6.0, 6.0, 6.0})};
    const Band band = convergence(studies, Along::trials, 100);
    CHECK(band.places == std::vector<double>{2.0, 3.0});
    CHECK(band.low == std::vector<double>{4.5, 1.5});
    CHECK(band.middle == std::vector<double>{5.0, 2.0});
    CHECK(band.high == std::vector<double>{5.5, 4.0});
    CHECK(convergence(studies, Along::trials, 1).places == std::vector<double>{3.0});
    CHECK(convergence(studies, Along::cost, 3).places == std::vector<double>{20.0, 30.0});
    CHECK(convergence({}, Along::trials, 3).places.empty());
}

TEST_CASE("quantiles lie between neighbours", "[search][analysis]") {
    CHECK(quantile({3.0, 1.0, 2.0}, 0.5) == 2.0);
    CHECK(quantile({4.0, 1.0}, 0.25) == 1.75);
    CHECK(quantile({7.0}, 0.9) == 7.0);
}

}  // namespace parnas::search
