// SPDX-License-Identifier: Apache-2.0
#include "cli/trial_view.h"

#include <nlohmann/json.hpp>

#include "spaces/distribution.h"
#include "tests/support/catch.h"

using namespace parnas;
using namespace parnas::cli;

namespace {

const store::StudySpec kStudy{.name = "s",
                              .metrics = {"accuracy", "latency_ms"},
                              .directions = {Direction::maximize, Direction::minimize},
                              .job = "{}"};

store::TrialRecord complete_trial() {
    const spaces::Categorical acts{.choices = {std::string("relu"), std::string("gelu")}};
    return {
        .number = 4,
        .state = TrialState::complete,
        .params = {{"act", 1.0, spaces::to_distribution(acts)},
                   {"lr", 0.25, spaces::to_distribution(spaces::Real{.low = 0.0, .high = 1.0})}},
        .seed = 9,
        .attempt = 2,
        .values = {0.5, 3.0},
        .metrics = {{"accuracy", 0.5}, {"train_seconds", 7.0}, {"loss", 0.125}},
        .cost = Seconds(7.5),
        .started = time_from_string("2026-11-21 00:10:43.500000"),
        .finished = time_from_string("2026-11-21 00:10:51")};
}

store::TrialRecord failed_trial() {
    return {.number = 5,
            .state = TrialState::fail,
            .failure = Failure{FailureKind::diverged, "loss is NaN"}};
}

}  // namespace

TEST_CASE("parameters are shown as the user wrote them", "[cli][trials]") {
    CHECK(params_text(complete_trial()) == "act=gelu lr=0.25");
}

TEST_CASE("a comparable trial has no times, durations or attempts", "[cli][trials]") {
    CHECK(dump_json(trial_json(kStudy, complete_trial(), Detail::comparable)) ==
          R"({"number":4,"state":"complete","stage":"search","fidelity":1.0,"seed":9,)"
          R"("params":{"act":"gelu","lr":0.25},"values":{"accuracy":0.5,"latency_ms":3.0},)"
          R"("metrics":{"accuracy":0.5,"loss":0.125}})");
    const Json whole = trial_json(kStudy, complete_trial(), Detail::everything);
    CHECK(whole["metrics"]["train_seconds"] == 7.0);
    CHECK(whole["attempt"] == 2);
    CHECK(whole["cost_seconds"] == 7.5);
    CHECK(whole["started"] == "2026-11-21 00:10:43.500000");
}

TEST_CASE("the table of trials has objectives first and tells why trials failed", "[cli][trials]") {
    const std::vector<store::TrialRecord> trials{complete_trial(), failed_trial()};
    CHECK(
        to_text(trials_table(kStudy, trials, Detail::everything, "loss")) ==
        "trial  state     accuracy  latency (ms)   loss  duration  reason                 "
        "parameters\n"
        "    4  complete       0.5             3  0.125  7.50 s    -                      act=gelu "
        "lr=0.25\n"
        "    5  fail             -             -      -  -         diverged: loss is NaN\n");
}

TEST_CASE("a pruned trial tells where it was stopped and why", "[cli][trials]") {
    store::TrialRecord pruned = complete_trial();
    pruned.state = TrialState::pruned;
    pruned.system_attributes = {{"pruned", R"({"step":3,"reason":"0.5 is worse than 0.7"})"}};
    const Json json = trial_json(kStudy, pruned, Detail::comparable);
    CHECK(json["pruned"]["step"] == 3);
    CHECK(json["pruned"]["reason"] == "0.5 is worse than 0.7");
    const std::vector<store::TrialRecord> trials{pruned};
    CHECK(to_text(trials_table(kStudy, trials, Detail::comparable, {})) ==
          "trial  state   accuracy  latency (ms)  reason                 parameters\n"
          "    4  pruned       0.5             3  0.5 is worse than 0.7  act=gelu lr=0.25\n");
}

TEST_CASE("CSV has a column for each metric and parameter", "[cli][trials]") {
    const std::vector<store::TrialRecord> trials{complete_trial(), failed_trial()};
    CHECK(to_csv(wide_trials_table(kStudy, trials, Detail::comparable)) ==
          "number,state,stage,fidelity,failure,accuracy,latency_ms,loss,params.act,params.lr\r\n"
          "4,complete,search,1.0,,0.5,3.0,0.125,gelu,0.25\r\n"
          "5,fail,search,1.0,diverged: loss is NaN,,,,,\r\n");
}

TEST_CASE("phases are listed with every figure that one of them has", "[cli][trial_view]") {
    const std::vector<store::PhaseRecord> phases{
        {.index = 0, .name = "warm", .settings = "{}", .metrics = {{"loss", 2.5}}},
        {.index = 1,
         .name = "supernet",
         .settings = R"({"lr": 0.1})",
         .told = 4,
         .metrics = {{"accuracy", 0.5}, {"train_seconds", 3.0}},
         .attachment = R"({"alphas": [1, 2]})",
         .cost = Seconds(3.5),
         .checkpoint = hash_bytes("bytes"),
         .kept = true,
         .finished = time_from_string("2026-11-21 00:10:51")}};
    const Table table = phases_table(phases, Detail::comparable);
    REQUIRE(table.columns.size() == 5);
    CHECK(table.columns[3].key == "accuracy");
    CHECK(table.rows.at(0) ==
          std::vector<Scalar>{std::int64_t{0}, "warm", std::int64_t{0}, {}, 2.5});
    CHECK(table.rows.at(1) ==
          std::vector<Scalar>{std::int64_t{1}, "supernet", std::int64_t{4}, 0.5, {}});
    const Table all = phases_table(phases, Detail::everything);
    CHECK(all.columns.size() == 8);
    CHECK(all.rows.at(1).at(6) == Scalar(3.5));

    const Json json = phase_json(phases[1], Detail::everything);
    CHECK(json.at("attachment").at("alphas") == Json::array({1, 2}));
    CHECK(json.at("settings").at("lr") == 0.1);
    CHECK(json.at("checkpoint") == to_string(hash_bytes("bytes")));
    CHECK(json.at("cost_seconds") == 3.5);
    CHECK_FALSE(phase_json(phases[1], Detail::comparable).contains("cost_seconds"));
    CHECK_FALSE(phase_json(phases[1], Detail::comparable).at("metrics").contains("train_seconds"));
    CHECK_FALSE(phase_json(phases[0], Detail::everything).contains("attachment"));
}
