// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "core/mutex.h"
#include "core/units.h"
#include "store/optuna_store.h"

namespace parnas::service {

// Who has a trial, in whose words: a client's id for itself and for the request by which it got
// the trial. The same request again gets the same trial.
struct OptunaOwner {
    std::string client;
    std::string request;
};

struct OptunaLeaseOptions {
    Seconds ttl{60.0};
    std::size_t most_retries = 3;               // of what began as one trial
    std::chrono::milliseconds look_every{500};  // for leases that are over
};

// Leases of the trials that Optuna clients got over HTTP. A trial whose client was not heard of for
// the ttl fails, and a WAITING copy with its parameters is queued, with the system attributes
// `failed_trial` and `retry_history`: what Optuna's RetryHeartbeatStaleTrialCallback does. So a
// client that comes back too late finds its trial finished, whichever way it writes; no fence is
// needed. Leases are in the store, as a system attribute of the trial, and hold for a full ttl
// after a restart.
//
// Thread-safe. Throws as store::OptunaStore does.
class OptunaLeases {
  public:
    // Of the trial that failed, and of its copy if there is one.
    using OnExpired = std::function<void(const store::OptunaTrial&, std::optional<store::TrialId>)>;

    // `store` outlives it.
    OptunaLeases(store::OptunaStore& store, OptunaLeaseOptions options, OnExpired on_expired = {});
    ~OptunaLeases();
    OptunaLeases(const OptunaLeases&) = delete;
    OptunaLeases& operator=(const OptunaLeases&) = delete;

    Seconds ttl() const { return options_.ttl; }

    // A trial of the study; with an owner one that runs, leased.
    store::TrialId create(StudyId study,
                          std::optional<store::OptunaTrial> like,
                          const std::optional<OptunaOwner>& owner);
    // All changes are of this trial. With an owner it is leased if it becomes RUNNING. Every write
    // renews the lease. As OptunaStore::apply().
    bool apply(store::TrialId trial,
               std::vector<store::OptunaChange> changes,
               const std::optional<OptunaOwner>& owner);
    // Those of the trials that are not leased, or not any longer.
    std::vector<store::TrialId> renew(std::span<const store::TrialId> trials);
    // How many are out.
    std::size_t count() const;

  private:
    using Clock = std::chrono::steady_clock;
    struct Lease {
        OptunaOwner owner;
        Clock::time_point expires;
    };

    void restore();
    void run(const std::stop_token& stop);
    void look();
    void end(store::TrialId trial);
    std::optional<store::TrialId> queue_copy(const store::OptunaTrial& trial);
    std::optional<store::TrialId> find_request(const OptunaOwner& owner) const;
    void remember(store::TrialId trial, const OptunaOwner& owner);
    void forget(store::TrialId trial);
    Clock::time_point expiry() const;

    store::OptunaStore& store_;
    const OptunaLeaseOptions options_;
    const OnExpired on_expired_;
    mutable Mutex mutex_;
    std::map<store::TrialId, Lease> leases_ PARNAS_GUARDED_BY(mutex_);
    std::set<store::TrialId> ending_ PARNAS_GUARDED_BY(mutex_);
    std::jthread thread_;  // last: it uses all others
};

// The system attribute of a leased trial, which is no client's business.
inline constexpr std::string_view kOptunaLease = "parnas:lease";

}  // namespace parnas::service
