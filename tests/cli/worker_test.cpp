// SPDX-License-Identifier: Apache-2.0
#include <fstream>
#include <limits>
#include <sstream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/arguments.h"
#include "cli/worker_manifests.h"
#include "cli/worker_study.h"
#include "cli/worker_talk.h"
#include "core/document.h"
#include "tests/support/catch.h"
#include "tests/support/temporary_folder.h"

using namespace parnas;
using namespace parnas::cli;

namespace {

constexpr auto kSpace =
    R"({"document": {"name": "unit@1", "params": {"x": {"real": [0.0, 1.0]}}}})";
constexpr auto kSphere = R"({"type": "synthetic", "function": "sphere"})";
constexpr auto kCommand = R"({"type": "command", "command": ["true"], "metrics": ["value"]})";

client::StudyView study_of(const std::string& space, const std::string& evaluator) {
    return {.name = "digits",
            .job = fmt::format(R"({{"name": "digits", "space": {}, "evaluator": {}, "threads": 2,
                                    "of_a_newer_server": 1}})",
                               space,
                               evaluator)};
}

ErrorKind refusal_of(const client::StudyView& study, const WorkerTrust& trust) {
    try {
        make_study_parts(study, trust);
    } catch (const Error& error) {
        return error.kind();
    }
    FAIL("the study was taken");
    return ErrorKind::internal;
}

WorkerOptions parsed_worker(const std::vector<std::string>& arguments) {
    return std::get<WorkerOptions>(std::get<Invocation>(parse_arguments(arguments)).command);
}

}  // namespace

TEST_CASE("worker takes a server and what to do there", "[cli][arguments]") {
    const WorkerOptions options = parsed_worker({"worker",
                                                 "--server",
                                                 "http://lab:8080",
                                                 "--study",
                                                 "digits",
                                                 "--slots",
                                                 "4",
                                                 "--idle-exit",
                                                 "10min",
                                                 "--trust-job",
                                                 "--print-slurm"});
    CHECK(options.server == "http://lab:8080");
    CHECK(options.study == "digits");
    CHECK(options.slots == 4);
    CHECK(options.idle_exit == "10min");
    CHECK(options.trust_job);
    CHECK(options.manifest == WorkerManifest::slurm);
    CHECK_THROWS_AS(parse_arguments({"worker"}), Error);
    CHECK_THROWS_AS(parse_arguments({"worker", "--server", "x", "--slots", "0"}), Error);
    CHECK_THROWS_AS(parse_arguments({"worker", "--server", "x", "--print-slurm", "--print-k8s"}),
                    Error);
}

TEST_CASE("a worker evaluates test functions of any server", "[cli][worker]") {
    const client::StudyParts parts = make_study_parts(study_of(kSpace, kSphere), {});
    CHECK(parts.threads == 2);
    const Outcome outcome =
        parts.evaluator->evaluate({.genotype = {{0.5}}}, {.space = *parts.space});
    CHECK(std::holds_alternative<Measurement>(outcome));
    CHECK_NOTHROW(
        make_study_parts(study_of(R"("mlp")", R"({"type": "synthetic", "function": "noop"})"), {}));
}

TEST_CASE("programs and files of a job are not touched without trust", "[cli][worker]") {
    const tests::TemporaryFolder folder;
    const std::filesystem::path file = folder / "space.yaml";
    std::ofstream(file) << "name: unit@1\nparams: {x: {real: [0.0, 1.0]}}\n";
    for (const char* evaluator :
         {kCommand, R"({"type": "training"})", R"({"type": "tabular"})", R"({})", "7"})
        CHECK(refusal_of(study_of(kSpace, evaluator), {}) == ErrorKind::unauthorized);
    for (const std::string& space : {fmt::format("\"{}\"", file.string()),
                                     fmt::format(R"({{"file": "{}"}})", file.string())}) {
        CHECK(refusal_of(study_of(space, kSphere), {}) == ErrorKind::unauthorized);
        CHECK_NOTHROW(make_study_parts(study_of(space, kSphere), {.job = true}));
    }
    CHECK(make_study_parts(study_of(kSpace, kCommand), {.job = true}).evaluator->metrics() ==
          std::vector<std::string>{"value"});
}

TEST_CASE("a worker may have an evaluator of its own", "[cli][worker]") {
    const tests::TemporaryFolder folder;
    const std::filesystem::path file = folder / "own.yaml";
    std::ofstream(file) << "type: command\ncommand: [\"true\"]\nmetrics: [loss]\n";
    const auto remote = [](const char* metrics) {
        return study_of(kSpace, fmt::format(R"({{"type": "remote", "metrics": {}}})", metrics));
    };
    CHECK(refusal_of(remote(R"(["loss"])"), {}) == ErrorKind::invalid_input);
    CHECK(refusal_of(remote(R"(["loss"])"), {.job = true}) == ErrorKind::invalid_input);
    CHECK_NOTHROW(make_study_parts(remote(R"(["loss"])"), {.evaluator = file}));
    CHECK_NOTHROW(make_study_parts(study_of(kSpace, kCommand), {.evaluator = file}));
    CHECK_THROWS_WITH(make_study_parts(remote(R"(["loss", "accuracy"])"), {.evaluator = file}),
                      Catch::Contains("the study wants 'accuracy'"));
    std::ofstream(file) << "type: command\n";
    CHECK_THROWS_WITH(make_study_parts(remote(R"(["loss"])"), {.evaluator = file}),
                      Catch::Contains("own.yaml:1"));
}

TEST_CASE("a job that is none is the server's fault", "[cli][worker]") {
    CHECK(refusal_of({.name = "digits", .job = "{}"}, {.job = true}) == ErrorKind::damaged);
}

TEST_CASE("a Kubernetes Job says what the command line said", "[cli][worker]") {
    const std::string text = kubernetes_manifest({.server = "http://lab:8080",
                                                  .token_file = "secret",
                                                  .study = "My study: \"1\"",
                                                  .slots = 3,
                                                  .evaluator = "jobs/train.yaml",
                                                  .grace = "20s"});
    const Json job = Document::parse(text, "job.yaml").root();
    CHECK(job.at("metadata").at("name") == "parnas-worker-my-study---1");
    const Json& pod = job.at("spec").at("template").at("spec");
    const Json& container = pod.at("containers").at(0);
    CHECK(container.at("args") == Json({"worker",
                                        "--server",
                                        "http://lab:8080",
                                        "--study",
                                        "My study: \"1\"",
                                        "--slots",
                                        "3",
                                        "--grace",
                                        "20s",
                                        "--name",
                                        "$(POD_NAME)",
                                        "--evaluator",
                                        "/etc/parnas/train.yaml"}));
    CHECK(container.at("resources").at("requests").at("cpu") == 3);
    CHECK(container.at("volumeMounts").at(0).at("name") == pod.at("volumes").at(0).at("name"));
    CHECK(text.find("secret\n") == std::string::npos);
    const Json plain = Document::parse(kubernetes_manifest({.server = "http://lab"}), "x").root();
    CHECK(plain.at("metadata").at("name") == "parnas-worker");
    CHECK_FALSE(plain.at("spec").at("template").at("spec").contains("volumes"));
}

TEST_CASE("a worker's JSON lines have every result, and the end", "[cli][worker]") {
    std::ostringstream out;
    std::ostringstream err;
    Console console{.out = out, .err = err, .output = OutputFormat::json};
    WorkerTalk talk(console, Talk::progress);
    talk.registered({.name = "gpu-3"}, {.id = "wrk_1"});
    const client::LeaseGrant lease{.study = "digits", .trial = 4, .attempt = 2};
    talk.waiting("paused");
    talk.waiting("paused");
    talk.trial_started(lease);
    talk.trial_ended(lease,
                     {.kind = client::ResultKind::failed,
                      .metrics = {{"loss", std::numeric_limits<double>::infinity()}},
                      .failure = FailureKind::diverged,
                      .reason = "loss is inf\x1b[2J",
                      .cost = Seconds(2.0)},
                     "fail");
    talk.lease_lost(lease, "others have it");
    talk.summarise(client::WorkerEnd::study_ended);

    std::istringstream lines(out.str());
    std::string line;
    REQUIRE(std::getline(lines, line));
    const Json trial = parse_json(line, "line").at("trial");
    CHECK(trial.at("number") == 4);
    CHECK(trial.at("outcome") == "failed");
    CHECK(trial.at("failure") == "diverged");
    CHECK(trial.at("metrics").at("loss") == "Infinity");
    REQUIRE(std::getline(lines, line));
    CHECK(parse_json(line, "line") ==
          parse_json(R"({"summary": {"worker": "wrk_1", "name": "gpu-3", "end": "study_ended",
                         "trials": {"failed": 1, "lost": 1}}})",
                     "expected"));
    CHECK_FALSE(std::getline(lines, line));
    // What a server says does not reach the terminal as it is.
    CHECK(err.str().find('\x1b') == std::string::npos);
    CHECK(err.str().find("Waiting: paused\n") == err.str().rfind("Waiting: paused\n"));
    CHECK(err.str().find("Trial 4 of digits, attempt 2: failed (diverged)") != std::string::npos);
}
