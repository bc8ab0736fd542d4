// SPDX-License-Identifier: Apache-2.0
#include "core/trial.h"

#include "core/error.h"
#include "core/rng.h"
#include "tests/support/catch.h"

using namespace parnas;
using Catch::Matchers::Contains;

TEST_CASE("the words of a trial are its enumerators' names", "[core][trial]") {
    CHECK(to_string(Stage::finalist) == "finalist");
    CHECK(to_string(FailureKind::infeasible) == "infeasible");
    CHECK(to_string(FailureKind::out_of_memory) == "out_of_memory");
    CHECK(to_string(FailureKind::cancelled) == "cancelled");
    CHECK(to_string(TrialState::waiting) == "waiting");
    CHECK(to_string(TrialState::fail) == "fail");
    CHECK(to_string(Direction::maximize) == "maximize");
}

TEST_CASE("every word of a trial can be read back", "[core][trial]") {
    for (const Stage stage : {Stage::search, Stage::finalist})
        CHECK(stage_from_string(to_string(stage)) == stage);
    for (int i = 0; i < 6; ++i)
        CHECK(failure_kind_from_string(to_string(static_cast<FailureKind>(i))) ==
              static_cast<FailureKind>(i));
    for (int i = 0; i < 5; ++i)
        CHECK(trial_state_from_string(to_string(static_cast<TrialState>(i))) ==
              static_cast<TrialState>(i));
    for (const Direction direction : {Direction::minimize, Direction::maximize})
        CHECK(direction_from_string(to_string(direction)) == direction);
}

TEST_CASE("an unknown word is refused with the known ones", "[core][trial]") {
    CHECK_THROWS_WITH(direction_from_string("minimise"),
                      Contains("'minimise'") && Contains("minimize, maximize"));
    CHECK_THROWS_AS(stage_from_string(""), Error);
}

TEST_CASE("a time is written in UTC with six digits", "[core][trial]") {
    using namespace std::chrono;
    const TimePoint time = sys_days(year(2026) / 11 / 21) + 10min + 43s + 206181us;
    CHECK(to_string(time) == "2026-11-21 00:10:43.206181");
    CHECK(to_string(TimePoint()) == "1970-01-01 00:00:00.000000");
    CHECK(to_string(TimePoint(-1us)) == "1969-12-31 23:59:59.999999");
    CHECK(time_from_string("2024-02-29 23:59:59") ==
          TimePoint(sys_days(year(2024) / 2 / 29) + 24h - 1s));
}

TEST_CASE("a time comes back from its text", "[core][trial]") {
    Rng rng(1);
    for (int i = 0; i < 100; ++i) {
        const TimePoint time(
            std::chrono::microseconds(rng.integer(-2'000'000'000'000'000, 9'000'000'000'000'000)));
        CHECK(time_from_string(to_string(time)) == time);
    }
}

TEST_CASE("a text that is not a time is refused", "[core][trial]") {
    const std::string text = GENERATE("",
                                      "2026-11-21",
                                      "2026-02-29 00:00:00",
                                      "2026-11-21 24:00:00",
                                      "2026-11-21 00:60:00",
                                      "2026-11-21T00:00:00",
                                      "2026-11-21 00:00:00.1",
                                      "2026-11-21 00:00:00.12345x",
                                      "2026-11-2x 00:00:00",
                                      "2026-11-21 00:00:00.1234567");
    CHECK_THROWS_AS(time_from_string(text), Error);
}

TEST_CASE("only waiting and running trials are unfinished", "[core][trial]") {
    CHECK_FALSE(is_finished(TrialState::waiting));
    CHECK_FALSE(is_finished(TrialState::running));
    CHECK(is_finished(TrialState::complete));
    CHECK(is_finished(TrialState::pruned));
    CHECK(is_finished(TrialState::fail));
}
