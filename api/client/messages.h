// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/client/service_error.h"
#include "core/trial.h"
#include "core/units.h"

// What a worker and the service say to each other (docs/service.md), as values.
namespace parnas::client {

// Who a worker is.
struct WorkerCard {
    std::string name;
    std::string host;
    std::int64_t pid = 0;
    std::string version;
    std::optional<std::string> target;
};

struct Registration {
    std::string id;
    Seconds heartbeat{15.0};
};

// The right to report on one attempt at a trial.
struct LeaseGrant {
    std::string lease;  // its id
    std::string study;
    TrialNumber trial = 0;
    std::int64_t attempt = 0;
    std::int64_t fence = 0;
    Seconds expires_in{60.0};
    std::string genotype;  // as TrialCodec::from_text() reads it
    double fidelity = 1.0;
    Stage stage = Stage::search;
    std::uint64_t seed = 0;
    bool judged = false;  // a report waits for the pruner's verdict
    std::optional<std::string> warm_start;
};

struct HeartbeatAnswer {
    bool should_stop = false;   // the evaluation is of no use any more
    bool should_drain = false;  // the worker is to take no further trial
    std::string reason;
};

struct TrialReport {
    std::int64_t step = 0;
    Metrics metrics;
};

struct ReportAnswer {
    bool should_stop = false;
    std::string reason;
};

enum class ResultKind { completed, pruned, infeasible, failed, preempted };

std::string_view to_string(ResultKind kind);

// What came of an attempt.
struct TrialResult {
    ResultKind kind = ResultKind::completed;
    Metrics metrics;
    std::optional<FailureKind> failure;  // of a failed one
    std::string reason;
    Seconds cost{0.0};
    std::optional<std::string> weights;  // an artifact's id
};

// What came of a lease.
struct LeaseResult {
    std::string lease;  // its id
    std::int64_t fence = 0;
    TrialResult result;
};

// What the server made of it: the trial's state, or why it was not taken.
struct ResultAnswer {
    std::string state;
    std::optional<ServiceError> refused;
};

struct LeaseRequest {
    std::optional<std::string> study;  // none: of any
    int most = 1;
    Seconds wait{0.0};
    std::vector<LeaseResult> results;  // of earlier leases, at most 64
};

struct LeaseAnswer {
    std::vector<LeaseGrant> leases;
    std::vector<ResultAnswer> results;  // one for each that was sent, in their order
    std::string reason;                 // why there are no leases
    std::optional<Seconds> retry_after;
};

struct StudyView {
    std::string id;  // another one if a study of this name was deleted and made again
    std::string name;
    std::string state;
    std::string job;  // its document, as JSON text
};

}  // namespace parnas::client
