// SPDX-License-Identifier: Apache-2.0
#include "cli/remote_records.h"

#include <cmath>
#include <limits>

#include <nlohmann/json.hpp>

#include "api/rest/study_json.h"
#include "api/rest/token_reading.h"
#include "search/trial_json.h"
#include "tests/store/samples.h"
#include "tests/support/catch.h"

using namespace parnas;
using namespace parnas::cli;
namespace samples = store::samples;

namespace {

// A finished trial with all that the interface tells, its times to the millisecond.
store::TrialRecord whole_trial() {
    const store::TrialStart start = samples::start(1);
    const store::TrialFinish finish = samples::finish(1);
    store::TrialRecord trial{.id = 2, .number = 1, .state = TrialState::complete};
    trial.params = start.params;
    trial.genotype = start.genotype;
    trial.stage = start.stage;
    trial.fidelity = start.fidelity;
    trial.seed = std::numeric_limits<std::uint64_t>::max();
    trial.warm_start = start.warm_start;
    trial.attempt = 3;
    trial.values = finish.values;
    trial.metrics = finish.metrics;
    trial.metrics["worst"] = -std::numeric_limits<double>::infinity();
    trial.cost = finish.cost;
    trial.reused_from = 0;
    trial.architecture = finish.architecture;
    trial.weights = finish.weights;
    trial.reports = {{0, 0.25}, {3, 0.5}};
    trial.user_attributes = {{"reason", R"("random")"}, {"sizes", "[1,2]"}};
    trial.started = time_from_string("2026-11-21 00:00:00.206000");
    trial.finished = time_from_string("2026-11-21 00:01:00.000000");
    return trial;
}

Json by_interface(const store::TrialRecord& trial, const store::StudyAttributes& attributes = {}) {
    const rest::SeenStudy study{.record = {.spec = samples::spec("digits")},
                                .attributes = attributes};
    return parse_json(dump_json(rest::trial_json(study, trial, rest::TrialDetail::whole)),
                      "answer");
}

RemoteTrial there_and_back(const store::TrialRecord& trial) {
    return read_remote_trial(by_interface(trial), samples::spec("digits"), "/v1/trials");
}

std::string shown(const store::TrialRecord& trial) {
    return dump_json(
        search::trial_json(samples::spec("digits"), trial, search::Detail::everything));
}

}  // namespace

TEST_CASE("a trial that a server tells is shown as the server's store would show it",
          "[cli][remote]") {
    const store::TrialRecord trial = whole_trial();
    const store::TrialRecord back = there_and_back(trial).record;
    CHECK(shown(back) == shown(trial));
    CHECK(back.genotype == trial.genotype);
    CHECK(back.number == trial.number);
}

TEST_CASE("trials that run, failed or were pruned come whole from a server", "[cli][remote]") {
    store::TrialRecord running{.number = 7, .state = TrialState::running};
    CHECK(shown(there_and_back(running).record) == shown(running));
    store::TrialRecord failed{.number = 8, .state = TrialState::fail};
    failed.failure = Failure{.kind = FailureKind::out_of_memory, .reason = "12 GiB"};
    CHECK(shown(there_and_back(failed).record) == shown(failed));
    store::TrialRecord pruned{.number = 9, .state = TrialState::pruned};
    pruned.system_attributes["pruned"] = R"({"step":3,"reason":"below the median"})";
    CHECK(shown(there_and_back(pruned).record) == shown(pruned));
}

TEST_CASE("notes and tags of a server's trial are those of the store", "[cli][remote]") {
    const store::TrialRecord trial = whole_trial();
    const store::Annotations written{.note = "# Why", .tags = {"keep", "paper"}};
    store::StudyAttributes attributes;
    store::add_annotations(written, trial.id, attributes);
    const RemoteTrial back =
        read_remote_trial(by_interface(trial, attributes), samples::spec("digits"), "/v1/trials");
    CHECK(back.annotations.note == written.note);
    CHECK(back.annotations.tags == written.tags);
}

TEST_CASE("a study that a server tells has its job, objectives and trials", "[cli][remote]") {
    const Json json = parse_json(
        R"({"id": 4, "name": "digits", "project": "default", "state": "paused", "state_reason": "",
            "objectives": [{"metric": "accuracy", "direction": "maximize"},
                           {"metric": "latency_ms", "direction": "minimize"}],
            "job": {"name": "digits", "budget": {"trials": 5}},
            "counts": {"trials": 3, "waiting": 0, "running": 1, "complete": 2, "pruned": 0, "fail": 0},
            "workers": 2, "tags": ["paper"], "note": "n", "of_a_newer_server": 1,
            "created": "2026-11-21T00:10:43.206Z", "revision": 8})",
        "answer");
    const RemoteStudy study = read_remote_study(json, "/v1/studies/digits");
    CHECK(study.record.id == StudyId(4));
    CHECK(study.record.spec.metrics == std::vector<std::string>{"accuracy", "latency_ms"});
    CHECK(study.record.spec.directions == std::vector{Direction::maximize, Direction::minimize});
    CHECK(study.record.spec.job == R"({"name":"digits","budget":{"trials":5}})");
    CHECK(study.record.state == store::StudyState::running);
    CHECK(study.record.trials == 3);
    CHECK(study.workers == 2);
    CHECK(study.annotations.tags == std::vector<std::string>{"paper"});
    CHECK(to_string(study.record.created) == "2026-11-21 00:10:43.206000");
}

TEST_CASE("a job's progress may have no end", "[cli][remote]") {
    const SubmittedJob job = read_remote_job(
        parse_json(R"({"id": "job_1", "study": "s", "kind": "search", "state": "running",
                       "progress": {"done": 7}, "submitted": "2026-11-21T00:10:43.206Z",
                       "revision": 1})",
                   "answer"),
        "/v1/jobs");
    CHECK(job.done == 7);
    CHECK_FALSE(job.total);
    CHECK_FALSE(job.ended);
}

TEST_CASE("what is no answer of a server is damaged, with all that is wrong", "[cli][remote]") {
    Json json = by_interface(whole_trial());
    json["seed"] = "18446744073709551616";
    json["metrics"]["loss"] = "many";
    json["started"] = "yesterday";
    json["weights"] = "abc";
    json["params"]["deep"] = Json::array();
    try {
        read_remote_trial(json, samples::spec("digits"), "/v1/trials");
        FAIL("it was taken");
    } catch (const Error& error) {
        CHECK(error.kind() == ErrorKind::damaged);
        for (const char* key : {"/seed", "/metrics", "/started", "/weights", "/params"})
            CHECK_THAT(error.what(), Catch::Contains(key));
    }
}

TEST_CASE("times of the interface are read to the millisecond", "[cli][remote]") {
    CHECK(to_string(time_from_rfc3339("2026-11-21T00:10:43.206Z")) == "2026-11-21 00:10:43.206000");
    for (const char* wrong :
         {"", "2026-11-21 00:10:43.206Z", "2026-11-21T00:10:43Z", "2026-11-21T00:10:43.206+01"})
        CHECK_THROWS_AS(time_from_rfc3339(wrong), Error);
}

TEST_CASE("times are written as the interface has them", "[cli][remote]") {
    CHECK(to_rfc3339(time_from_string("2026-11-21 00:10:43.206999")) == "2026-11-21T00:10:43.206Z");
}

TEST_CASE("a server's token is as its store's, but for what stays there", "[cli][remote]") {
    store::TokenRecord token{.id = "tok_1",
                             .name = "farm",
                             .scopes = {"read", "work"},
                             .projects = {"vision"},
                             .study = "digits",
                             .created = time_from_string("2026-11-21 00:10:43.206000"),
                             .expires = time_from_string("2027-11-21 00:10:43.206000"),
                             .revoked = time_from_string("2026-12-21 00:10:43.206000")};
    CHECK(read_remote_token(rest::token_json(token), "/v1/tokens") == token);
    token.study.reset();
    token.expires.reset();
    token.revoked.reset();
    CHECK(read_remote_token(rest::token_json(token), "/v1/tokens") == token);
    Json wrong = rest::token_json(token);
    wrong["scopes"] = "read";
    CHECK_THROWS_AS(read_remote_token(wrong, "/v1/tokens"), Error);
}

TEST_CASE("a server's worker has leases if it was asked for alone", "[cli][remote]") {
    Json json = parse_json(R"({"id": "wrk_1", "name": "gpu-3", "host": "node", "pid": 7,
        "version": "0.1.0", "state": "draining", "draining": true, "revision": 3,
        "registered": "2026-11-21T00:10:43.206Z", "last_seen": "2026-11-21T00:11:43.206Z"})",
                           "answer");
    const RemoteWorker listed = read_remote_worker(json, "/v1/workers");
    CHECK(listed.record.name == "gpu-3");
    CHECK(listed.record.draining);
    CHECK(listed.state == "draining");
    CHECK_FALSE(listed.leases);
    json["leases"] = parse_json(
        R"([{"lease": "lse_1", "study": "digits", "trial": 4, "attempt": 2}])", "answer");
    const RemoteWorker alone = read_remote_worker(json, "/v1/workers/wrk_1");
    REQUIRE(alone.leases);
    REQUIRE(alone.leases->size() == 1);
    CHECK(alone.leases->front().trial == 4);
}
