// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <cstdlib>
#include <ctime>
#include <sstream>
#include <string>

#include "api/optuna/journal/iso_time.h"
#include "api/optuna/journal/raw_json.h"
#include "api/optuna/journal/replay.h"
#include "api/optuna/journal/writer.h"
#include "tests/support/catch.h"

using namespace parnas;
using optuna::Journal;

namespace {

const std::string kFloat =
    R"("{\"name\": \"FloatDistribution\", \"attributes\": {\"step\": null, \"low\": 0.0, \"high\": 1.0, \"log\": false}}")";
const std::string kInt =
    R"("{\"name\": \"IntDistribution\", \"attributes\": {\"log\": false, \"step\": 1, \"low\": 1, \"high\": 8}}")";

const std::string kStudy = R"({"op_code":0,"worker_id":"w","study_name":"a","directions":[1]})"
                           "\n";
const std::string kTrial =
    R"({"op_code":4,"worker_id":"w","study_id":0,"datetime_start":"2026-11-21T00:54:33.978996+00:00"})"
    "\n";

std::string param(int trial, const std::string& name, const std::string& distribution) {
    return R"({"op_code":5,"worker_id":"w","trial_id":)" + std::to_string(trial) +
           R"(,"param_name":")" + name + R"(","param_value_internal":0.5,"distribution":)" +
           distribution + "}\n";
}

std::string state(int trial, int code, const std::string& values) {
    return R"({"op_code":6,"worker_id":"w","trial_id":)" + std::to_string(trial) + R"(,"state":)" +
           std::to_string(code) + R"(,"values":)" + values +
           R"(,"datetime_complete":"2026-11-21T00:54:34+00:00"})"
           "\n";
}

Journal replay(const std::string& text) {
    std::istringstream file(text);
    return optuna::replay_journal(file, "a.log");
}

}  // namespace

TEST_CASE("a journal is what its operations come to", "[api][optuna][journal]") {
    const Journal journal = replay(
        kStudy + kTrial + param(0, "x", kFloat) +
        R"({"op_code":7,"worker_id":"w","trial_id":0,"step":3,"intermediate_value":NaN})"
        "\n"
        R"({"op_code":8,"worker_id":"w","trial_id":0,"user_attr":{"k":[1,{"a":NaN}]}})"
        "\n"
        R"({"op_code":3,"worker_id":"w","study_id":0,"system_attr":{"big":123456789012345678901234567890}})"
        "\n" +
        state(0, 1, "[Infinity]"));
    REQUIRE(journal.studies.size() == 1);
    CHECK(journal.operations == 7);
    CHECK(journal.passed_over == 0);
    CHECK_FALSE(journal.cut_off);
    const optuna::JournalStudy& study = journal.studies.front();
    CHECK(study.name == "a");
    CHECK(study.directions == std::vector{Direction::minimize});
    CHECK(study.attributes.system.at("big") == "123456789012345678901234567890");
    REQUIRE(study.trials.size() == 1);
    const store::TrialRecord& trial = study.trials.front();
    CHECK(trial.state == TrialState::complete);
    CHECK(trial.values == std::vector{HUGE_VAL});
    CHECK(trial.params.front().name == "x");
    CHECK(trial.params.front().internal == 0.5);
    CHECK(std::isnan(trial.reports.at(3)));
    CHECK(trial.user_attributes.at("k") == R"([1, {"a": NaN}])");
    CHECK(to_string(trial.started.value()) == "2026-11-21 00:54:33.978996");
    CHECK(to_string(trial.finished.value()) == "2026-11-21 00:54:34.000000");
}

TEST_CASE("operations that everybody passes over change nothing", "[api][optuna][journal]") {
    const std::string pop = R"({"op_code":6,"worker_id":"v","trial_id":0,"state":0,"values":null,)"
                            R"("datetime_start":"2030-01-01T00:00:00+00:00"})"
                            "\n";
    const Journal journal =
        replay(kStudy + kStudy + kTrial + pop + param(0, "x", kFloat) + state(0, 1, "[1.0]") +
               state(0, 1, "[2.0]") + param(0, "y", kFloat) + kTrial + param(1, "x", kInt) +
               param(7, "x", kFloat));
    CHECK(journal.passed_over == 6);
    REQUIRE(journal.studies.size() == 1);
    const auto& trials = journal.studies.front().trials;
    REQUIRE(trials.size() == 2);
    CHECK(trials[0].values == std::vector{1.0});
    CHECK(trials[0].params.size() == 1);
    CHECK(to_string(trials[0].started.value()) == "2026-11-21 00:54:33.978996");
    CHECK(trials[1].params.empty());
}

TEST_CASE("a deleted study keeps its trials' ids, and its name is free", "[api][optuna][journal]") {
    const Journal journal =
        replay(kStudy + kTrial + R"({"op_code":1,"worker_id":"w","study_id":0})" + "\n" + kStudy +
               R"({"op_code":4,"worker_id":"w","study_id":1,"datetime_start":null,"state":4,)"
               R"("value":null,"values":null,"distributions":{},"params":{},"user_attrs":{},)"
               R"("system_attrs":{"fixed_params":{"x":0.5}},"intermediate_values":{}})" +
               "\n" + param(1, "x", kFloat) + param(0, "x", kFloat));
    CHECK(journal.passed_over == 1);
    REQUIRE(journal.studies.size() == 1);
    const store::TrialRecord& trial = journal.studies.front().trials.at(0);
    CHECK(trial.id == 1);
    CHECK(trial.number == 0);
    CHECK(trial.state == TrialState::waiting);
    CHECK(trial.system_attributes.at("fixed_params") == R"({"x": 0.5})");
    CHECK(trial.params.size() == 1);
}

TEST_CASE("trials that Rustuna discards stay", "[api][optuna][journal]") {
    const Journal journal =
        replay(kStudy + kTrial + R"({"op_code":10,"worker_id":"w","trial_ids":[0]})" + "\n");
    CHECK(journal.passed_over == 0);
    CHECK(journal.studies.front().trials.size() == 1);
}

TEST_CASE("a line that was cut off is left out and told", "[api][optuna][journal]") {
    const std::string whole = kStudy + kTrial;
    for (std::size_t length = kStudy.size() + 1; length < whole.size(); ++length) {
        const Journal journal = replay(whole.substr(0, length));
        CHECK(journal.studies.front().trials.empty());
        REQUIRE(journal.cut_off);
        CHECK(journal.cut_off->where == "a.log:2");
    }
    const Journal ended = replay(kStudy + "{\"op_code\":4,\"wor\n");
    CHECK(ended.cut_off->where == "a.log:2");
    CHECK(ended.operations == 1);
}

TEST_CASE("damage before the last line is refused with its place", "[api][optuna][journal]") {
    for (const char* line : {"{\"op_code\":4,\"wor\n",
                             "[]\n",
                             "\n",
                             "{\"op_code\":99,\"worker_id\":\"w\"}\n",
                             "{\"op_code\":5,\"worker_id\":\"w\",\"trial_id\":0}\n"}) {
        INFO(line);
        try {
            replay(kStudy + line + kTrial);
            FAIL("it was read");
        } catch (const Error& error) {
            CHECK(error.kind() == ErrorKind::damaged);
            CHECK_THAT(error.what(), Catch::Contains("a.log:2"));
        }
    }
}

TEST_CASE("times have an offset or are local", "[api][optuna][journal]") {
    const auto utc = [](const char* text) { return to_string(optuna::from_iso(text)); };
    CHECK(utc("2026-11-21T05:54:33.978996+05:30") == "2026-11-21 00:24:33.978996");
    CHECK(utc("2026-11-21T05:54:33-08:00") == "2026-11-21 13:54:33.000000");
    CHECK(utc("2026-11-21T05:54:33Z") == "2026-11-21 05:54:33.000000");
    CHECK_THROWS_AS(utc("2026-11-21"), Error);
    CHECK_THROWS_AS(utc("yesterday"), Error);
    CHECK_THROWS_AS(utc("2026-11-21T05:54:33+5"), Error);

    const std::time_t noon = 1795262400;  // 2026-11-21 12:00:00 UTC
    std::tm parts{};
    localtime_r(&noon, &parts);
    char text[32];
    std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
    CHECK(utc((std::string(text) + ".000001").c_str()) == "2026-11-21 12:00:00.000001");
}

TEST_CASE("what is written replays to the same", "[api][optuna][journal]") {
    store::TrialRecord trial{.number = 0, .state = TrialState::complete};
    trial.values = {1.0, -HUGE_VAL};
    trial.params = {{.name = "naïve \"x\"", .internal = 1e-05, .distribution = "{\"a\": 1.0}"}};
    trial.reports = {{-1, NAN}, {7, 2.5}};
    trial.user_attributes = {{"k", "[1, NaN]"}};
    trial.system_attributes = {{"s", "\"\\u00e9\""}};
    trial.started = now();
    trial.finished = now();
    store::TrialRecord waiting{.number = 1, .state = TrialState::waiting};

    std::string text;
    optuna::JournalWriter writer([&](std::string_view lines) { text += lines; });
    writer.begin_study({.name = "a", .directions = {Direction::minimize, Direction::maximize}},
                       {.user = {{"u", "true"}}, .system = {}});
    writer.write_trial(trial);
    writer.write_trial(waiting);
    const Journal journal = replay(text);
    REQUIRE(journal.studies.size() == 1);
    const optuna::JournalStudy& study = journal.studies.front();
    CHECK(study.directions == std::vector{Direction::minimize, Direction::maximize});
    CHECK(study.attributes.user.at("u") == "true");
    REQUIRE(study.trials.size() == 2);
    const store::TrialRecord& read = study.trials.front();
    CHECK(read.values == trial.values);
    CHECK(read.params == trial.params);
    CHECK(std::isnan(read.reports.at(-1)));
    CHECK(read.reports.at(7) == 2.5);
    CHECK(read.user_attributes == trial.user_attributes);
    CHECK(read.system_attributes == trial.system_attributes);
    CHECK(read.started == trial.started);
    CHECK(read.finished == trial.finished);
    CHECK(study.trials[1].state == TrialState::waiting);
    CHECK_FALSE(study.trials[1].started);
}
