// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/json.h"
#include "store/annotations.h"
#include "store/service_records.h"
#include "store/store.h"

// What a server says of its studies and trials (docs/service.md), as a store would have it. Times
// are to the millisecond. All throw Error(damaged), which names `path`, for what is not as the
// interface says.
namespace parnas::cli {

struct RemoteStudy {
    store::StudyRecord record;
    store::Annotations annotations;
    std::int64_t workers = 0;  // that have leases on its trials
};
RemoteStudy read_remote_study(const Json& json, const std::string& path);

// The trial's parameters have the values that they had, each as the only one of its domain; its
// id is unique in the study.
struct RemoteTrial {
    store::TrialRecord record;
    store::Annotations annotations;
};
RemoteTrial read_remote_trial(const Json& json,
                              const store::StudySpec& study,
                              const std::string& path);

struct RemoteEvent {
    std::string study;
    store::Event event;
};
RemoteEvent read_remote_event(const Json& json, const std::string& path);

struct SubmittedJob {
    std::string id;
    std::string study;
    std::string state;
    std::int64_t done = 0;  // trials
    std::optional<std::int64_t> total;
    std::string reason;
    TimePoint submitted;
    std::optional<TimePoint> started, ended;
};
SubmittedJob read_remote_job(const Json& json, const std::string& path);

// Without its secret's hash and its revision.
store::TokenRecord read_remote_token(const Json& json, const std::string& path);

struct RemoteWorker {
    struct Lease {
        std::string lease;
        std::string study;
        TrialNumber trial = 0;
        std::int64_t attempt = 0;
    };
    store::WorkerRecord record;
    std::string state;                         // "active", "draining", "lost"
    std::optional<std::vector<Lease>> leases;  // lists leave them out
};
RemoteWorker read_remote_worker(const Json& json, const std::string& path);

// "2026-11-21T00:10:43.206Z", and back. Throws Error(invalid_input).
TimePoint time_from_rfc3339(const std::string& text);
std::string to_rfc3339(TimePoint time);

}  // namespace parnas::cli
