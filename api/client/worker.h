// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>

#include "api/client/messages.h"
#include "api/client/service_client.h"
#include "api/client/study_cache.h"

namespace parnas::client {

// Hears what a worker does. Called by several threads at once; must not throw.
class WorkerObserver {
  public:
    virtual ~WorkerObserver() = default;
    virtual void registered(const WorkerCard& card, const Registration& registration) = 0;
    virtual void trial_started(const LeaseGrant& lease) = 0;
    // The server has acknowledged the result, and this is the trial's state.
    virtual void trial_ended(const LeaseGrant& lease,
                             const TrialResult& result,
                             const std::string& state) = 0;
    // Nobody wants the result any more, or a trial could not be given back, and why.
    virtual void lease_lost(const LeaseGrant& lease, const std::string& why) = 0;
    // There is nothing to do, and why.
    virtual void waiting(const std::string& reason) = 0;
};

struct WorkerOptions {
    WorkerCard card;
    std::optional<std::string> study;  // none: of all studies, for ever
    int slots = 1;                     // evaluations at the same time
    std::optional<std::int64_t> max_trials;
    std::optional<Seconds> idle_exit;  // without a trial
    Seconds grace{0.0};                // for running evaluations to end by themselves after a stop
    Seconds wait{20.0};                // of each request for a lease, whole seconds
    Seconds first_contact{60.0};       // for which a server that is not there yet is waited for
};

// Why a worker ended. Drained: the server has said so.
enum class WorkerEnd { study_ended, max_trials, idle, drained, interrupted };

std::string_view to_string(WorkerEnd end);

// All outlive the worker.
struct WorkerParts {
    ServiceClient& client;
    MakeStudyParts make_parts;
    WorkerObserver& observer;
};

// Takes leases, evaluates on `slots` threads, and sends each result until it is acknowledged,
// through outages and restarts of the server. What runs after a stop and its grace is given back.
// Throws ServiceError or Error: what the server refuses for good, a study that cannot be evaluated
// here, an evaluator that throws three times in a row; the trials in hand are given back before.
WorkerEnd run_worker(const WorkerParts& parts,
                     const WorkerOptions& options,
                     const std::stop_token& stop);

}  // namespace parnas::client
