// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "api/client/worker.h"
#include "cli/console.h"
#include "core/mutex.h"

namespace parnas::cli {

// Tells what a worker does: lines for people on the error output, and with JSON output a line
// {"trial": {...}} for each result that the server has acknowledged. Thread-safe.
class WorkerTalk : public client::WorkerObserver {
  public:
    WorkerTalk(Console& console, Talk talk) : console_(console), talk_(talk) {}

    void registered(const client::WorkerCard& card,
                    const client::Registration& registration) override;
    void trial_started(const client::LeaseGrant& lease) override;
    void trial_ended(const client::LeaseGrant& lease,
                     const client::TrialResult& result,
                     const std::string& state) override;
    void lease_lost(const client::LeaseGrant& lease, const std::string& why) override;
    void waiting(const std::string& reason) override;
    // The server is away or busy; told at most twice a minute.
    void outage(const std::string& why);

    // At the end: why, and how many trials ended how.
    void summarise(client::WorkerEnd end);

  private:
    void say(const std::string& line) PARNAS_REQUIRES(mutex_);

    Console& console_;
    Talk talk_;
    Mutex mutex_;
    std::string id_ PARNAS_GUARDED_BY(mutex_);
    std::string name_ PARNAS_GUARDED_BY(mutex_);
    std::string waits_for_ PARNAS_GUARDED_BY(mutex_);
    std::optional<std::chrono::steady_clock::time_point> outage_told_ PARNAS_GUARDED_BY(mutex_);
    std::map<std::string, std::int64_t> counts_ PARNAS_GUARDED_BY(mutex_);  // by kind of result
};

}  // namespace parnas::cli
