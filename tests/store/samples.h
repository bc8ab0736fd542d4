// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <unistd.h>
#include <utility>

#include "core/error.h"
#include "store/service_store.h"
#include "tests/support/temporary_folder.h"

// What the store's tests write: small trials whose content follows from their number.
namespace parnas::store::samples {

using tests::TemporaryFolder;

inline TimePoint at(int second) {
    return time_from_string("2026-11-21 00:00:00.206181") + std::chrono::seconds(second);
}

inline StudySpec spec(std::string name) {
    return {.name = std::move(name),
            .metrics = {"accuracy", "latency_ms"},
            .directions = {Direction::maximize, Direction::minimize},
            .job = R"({"study": "sample"})"};
}

// Nobody's process: it is never taken for dead.
inline Holder holder(std::int64_t pid) {
    return {.host = "another-host", .pid = pid, .process_start = 1};
}

inline TrialStart start(TrialNumber number) {
    const int second = static_cast<int>(number);
    TrialStart start;
    start.number = number;
    start.params = {
        {"width",
         8.0 * static_cast<double>(number),
         R"({"name": "IntDistribution", "attributes": {"log": false, "step": 8, "low": 0, "high": 8000000}})"},
        {"lr",
         0.1,
         R"({"name": "FloatDistribution", "attributes": {"step": null, "low": 0.01, "high": 0.5, "log": true}})"},
        {"act",
         1.0,
         R"({"name": "CategoricalDistribution", "attributes": {"choices": ["relu", "silu"]}})"}};
    start.genotype = "[" + std::to_string(number) + ",0.1,1]";
    start.stage = number % 2 == 0 ? Stage::search : Stage::finalist;
    start.fidelity = 0.5;
    start.seed = 0xfedcba9876543210U + static_cast<std::uint64_t>(number);
    start.warm_start = hash_bytes("warm");
    start.user_attributes = {{"reason", R"("random")"}};
    start.system_attributes = {{"NSGAIISampler:generation", "0"}};
    start.started = at(second);
    return start;
}

inline TrialFinish finish(TrialNumber number) {
    TrialFinish finish;
    finish.number = number;
    finish.state = TrialState::complete;
    finish.values = {0.5 + 0.001 * static_cast<double>(number), 2.5};
    finish.metrics = {{"accuracy", finish.values[0]}, {"latency_ms", 2.5}};
    finish.cost = Seconds(12.5);
    finish.architecture = hash_bytes("architecture" + std::to_string(number));
    finish.weights = hash_bytes("weights");
    finish.user_attributes = {{"note", R"("caf\u00e9")"}};
    finish.finished = at(static_cast<int>(number) + 100);
    return finish;
}

inline TrialFinish failure(TrialNumber number, FailureKind kind, std::string reason) {
    TrialFinish failed;
    failed.number = number;
    failed.state = TrialState::fail;
    failed.failure = Failure{.kind = kind, .reason = std::move(reason)};
    failed.finished = at(static_cast<int>(number) + 100);
    return failed;
}

inline Artifact artifact(std::string bytes) {
    const Digest id = hash_bytes(bytes);
    return {.id = id, .kind = "weights", .bytes = std::move(bytes)};
}

// A checkpoint's artifact.
inline Artifact checkpoint(std::string bytes) {
    const Digest id = hash_bytes(bytes);
    return {.id = id, .kind = "checkpoint", .bytes = std::move(bytes)};
}

// Whose checkpoint has these bytes.
inline PhaseRecord phase(std::int64_t index, const std::string& bytes) {
    return {.index = index,
            .name = "supernet",
            .settings = R"({"epoch": )" + std::to_string(index) + "}",
            .warm_start = hash_bytes("warm"),
            .metrics = {{"loss", 1.25}},
            .attachment = R"({"alphas": [0.25, 0.75]})",
            .cost = Seconds(3.5),
            .checkpoint = hash_bytes(bytes),
            .kept = true,
            .started = at(static_cast<int>(index)),
            .finished = at(static_cast<int>(index) + 50)};
}

// The first attempt at a trial, given to a worker.
inline AttemptStart attempt(TrialNumber number) {
    return {.lease = "lse_" + std::to_string(number),
            .number = number,
            .worker = "wrk_1",
            .ttl = Seconds(60),
            .granted = at(static_cast<int>(number) + 1)};
}

inline AttemptEnd end_of(const AttemptStart& start, AttemptState state) {
    return {.number = start.number,
            .attempt = start.attempt,
            .state = state,
            .reason = "because",
            .ended = at(static_cast<int>(start.number) + 90)};
}

inline Answer answer(std::string key) {
    return {.scope = "tok_1/leases",
            .key = std::move(key),
            .request = hash_bytes("request"),
            .status = 201,
            .body = R"({"caf\u00e9": [1]})",
            .time = at(5)};
}

inline WorkerRecord worker(std::string id) {
    return {.id = std::move(id),
            .name = "gpu-3",
            .host = "caf\u00e9",
            .pid = 17,
            .target = "pixel6",
            .version = "0.7.0",
            .token = "tok_1",
            .draining = true,
            .registered = at(1),
            .last_seen = at(2)};
}

inline TokenRecord token(std::string id, std::string name) {
    return {.id = std::move(id),
            .name = std::move(name),
            .secret_sha256 = std::string(64, 'a'),
            .scopes = {"read", "work"},
            .projects = {"vision", "caf\u00e9"},
            .study = "front",
            .created = at(1),
            .expires = at(100)};
}

inline JobRecord job(std::string id, StudyId study) {
    return {.id = std::move(id),
            .study = study,
            .kind = "search",
            .state = JobState::queued,
            .document = R"({"trials": 60})",
            .token = "tok_1",
            .submitted = at(1)};
}

inline AuditRecord audit(std::string action) {
    return {.time = at(4),
            .actor = "tok_1",
            .action = std::move(action),
            .subject = "tok_2",
            .detail = R"({"scopes": ["read"]})"};
}

// The kind of Error that `call` throws, or nothing.
template <typename Call>
std::optional<ErrorKind> error_of(const Call& call) {
    try {
        call();
    } catch (const Error& error) {
        return error.kind();
    }
    return std::nullopt;
}

template <typename Call>
std::string message_of(const Call& call) {
    try {
        call();
    } catch (const Error& error) {
        return error.what();
    }
    return "no error";
}

// The driver of a new study.
inline Driver drive(Store& store, const std::string& name) {
    return store.acquire_study(store.create_study(spec(name)), holder(1), Seconds(600));
}

// Trials first <= number < first + count, started and finished in one batch.
inline Batch finished_trials(const Driver& driver, TrialNumber first, TrialNumber count) {
    Batch batch{.driver = driver};
    for (TrialNumber number = first; number < first + count; ++number) {
        batch.starts.push_back(start(number));
        batch.finishes.push_back(finish(number));
    }
    return batch;
}

}  // namespace parnas::store::samples
