// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "api/client/messages.h"
#include "api/client/service_client.h"
#include "core/mutex.h"

namespace parnas::client {

// A lease in this worker's hands, from its grant until its result is acknowledged. Thread-safe.
class HeldLease {
  public:
    explicit HeldLease(LeaseGrant grant) : grant_(std::move(grant)) {}

    const LeaseGrant& grant() const { return grant_; }
    // The evaluation is to end soon.
    std::stop_token stop() const { return stop_.get_token(); }
    void request_stop() { stop_.request_stop(); }

    // Others have the trial, and nothing more that is said on it is heard: ends the evaluation.
    void lose(std::string why);
    std::stop_token lost() const { return lost_.get_token(); }
    std::string why_lost() const;

    // From here on what the result is told counts, and not what heartbeats are: the result may
    // have settled the lease itself.
    void end_evaluation() { ended_ = true; }
    bool evaluation_ended() const { return ended_; }

  private:
    LeaseGrant grant_;
    std::stop_source stop_;
    std::stop_source lost_;
    std::atomic<bool> ended_ = false;
    mutable Mutex mutex_;
    std::string why_lost_ PARNAS_GUARDED_BY(mutex_);
};

// All leases of a worker, and the one thread that keeps them by heartbeats. A heartbeat that
// cannot be sent is tried again after a second or two. Thread-safe.
class HeldLeases {
  public:
    // `client` must outlive it.
    HeldLeases(ServiceClient& client, Seconds heartbeat);
    // Stops the heartbeats.
    ~HeldLeases() = default;

    std::shared_ptr<HeldLease> hold(LeaseGrant grant);
    void release(const HeldLease& lease);
    // All evaluations are to end, those that come later too.
    void request_stop();
    // The server has asked that this worker take no further trial.
    bool should_drain() const { return should_drain_; }

  private:
    using Clock = std::chrono::steady_clock;
    struct Entry {
        std::shared_ptr<HeldLease> lease;
        Clock::time_point due;
    };

    void keep(const std::stop_token& stop);
    std::shared_ptr<HeldLease> wait_for_due(const std::stop_token& stop);
    void beat(HeldLease& lease, const std::stop_token& stop);
    void put_off(const HeldLease& lease, Seconds delay);
    Seconds period(const LeaseGrant& grant) const;

    ServiceClient& client_;
    Seconds heartbeat_;
    std::atomic<bool> should_drain_ = false;
    Mutex mutex_;
    std::condition_variable_any changed_;
    std::vector<Entry> held_ PARNAS_GUARDED_BY(mutex_);
    bool stopped_ PARNAS_GUARDED_BY(mutex_) = false;
    std::jthread thread_;  // the last member: it uses the others
};

}  // namespace parnas::client
