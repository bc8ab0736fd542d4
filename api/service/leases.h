// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "api/service/study_host.h"
#include "core/mutex.h"
#include "core/rng.h"

namespace parnas::service {

// A trial that a worker was given.
struct GrantedLease {
    store::AttemptStart attempt;  // with the lease's id
    search::Lease lease;
    std::shared_ptr<HostedStudy> study;
};

// Why a worker was given nothing.
enum class NoTrial {
    none,                 // it was
    waiting_for_results,  // those that are out have to end first
    nothing_ready,        // the search is thinking
    paused,
    study_ended,
    no_study,  // none is driven
};
std::string_view to_string(NoTrial reason);

struct LeaseRequest {
    std::string worker;            // its id
    std::optional<StudyId> study;  // none: of any that is driven
    std::size_t most = 1;
    search::LeaseDesk::Clock::time_point until;  // to wait for the first one
    // Whether it may be of this study; empty: of all. Not asked if one is named.
    std::function<bool(const HostedStudy&)> may_take;
};

struct Granted {
    std::vector<GrantedLease> leases;  // of one study
    NoTrial reason = NoTrial::none;
};

// The answer to a request for leases as it is to be kept, if it is.
using MakeAnswer =
    std::function<std::optional<store::Answer>(std::span<const GrantedLease> leases)>;

struct Beat {
    std::string worker;        // whose lease it is
    Seconds expires_in{0};     // the time within which the next word is due
    bool should_stop = false;  // the study is over, and nobody waits for the result
};

struct LeaseReport {
    std::int64_t step = 0;
    Metrics metrics;
};

// Which trial a lease is, or was, of.
struct LeasedTrial {
    StudyId id{};
    std::string name;  // of the study
    TrialNumber number = 0;
    std::shared_ptr<HostedStudy> study;  // null while nobody drives it
};

// What came for a lease and is on its way to the store.
struct HandedIn {
    std::string lease;
    StudyId study{};
    std::shared_future<TrialState> settled;  // not valid: that was settled before
};

// What remote workers do with leases. A lease is known by its id; what comes for it has its
// fence, the number of the attempt. Thread-safe. Every function but take() throws
// Error(not_found) for a lease that never was, Error(conflict) for one that is another's by now
// or has ended, as has the search, and Error(unavailable) while nobody drives the study, a
// StorageError if that is because the store cannot be written: then leases stay as they are.
class Leases {
  public:
    struct Options {
        Seconds ttl{60.0};  // of studies whose job says nothing of it
    };

    // The host and the store outlive it. `seed` names leases: another one for each process.
    Leases(StudyHost& host, store::Store& store, std::uint64_t seed, Options options);

    const Options& options() const { return options_; }

    // Null if no study of this name is driven now. Looks into no store.
    std::shared_ptr<HostedStudy> find_driven(std::string_view study) const {
        return host_.find_driven(study);
    }

    // Returns when the leases, and the answer of `make_answer`, are in the store.
    Granted take(const LeaseRequest& request,
                 const MakeAnswer& make_answer,
                 const std::stop_token& stop);
    // `progress`: the share of the evaluation that is done, if the worker says so.
    Beat renew(std::string_view lease,
               std::int64_t fence,
               std::optional<double> progress = std::nullopt);
    // In order, until one is to be the last. Waits for verdicts. True: the trial is to stop.
    bool report(std::string_view lease, std::int64_t fence, std::span<const LeaseReport> reports);
    // The result of a trial; none: the lease is given back, and the trial offered again. What is
    // sent again has the same end, and nobody asks for its weights.
    HandedIn hand_in(std::string_view lease,
                     std::int64_t fence,
                     std::optional<Outcome> outcome,
                     const std::function<std::optional<std::string>()>& weights = {});
    // Returns when it is in the store; the trial's state then.
    TrialState settle(const HandedIn& handed);

    // Its study was deleted, and its lease with it: what comes for it now is Error(not_found).
    bool was_deleted(std::string_view lease);

    // Also of a lease that has ended.
    LeasedTrial trial_of(std::string_view lease);

  private:
    struct Known {
        StudyId study{};
        search::LeaseKey key;
        Seconds ttl{0};
        std::string worker;
        // Valid while a result is on its way to the store.
        std::shared_future<TrialState> settled;
    };

    Granted take_from(const std::shared_ptr<HostedStudy>& study,
                      const LeaseRequest& request,
                      const MakeAnswer& make_answer,
                      const std::stop_token& stop);
    NoTrial why_none(const HostedStudy& study, const search::LeaseDesk& desk) const;
    void grant(std::span<const GrantedLease> granted, const MakeAnswer& make_answer);
    std::string make_id(TimePoint time);
    // Open ones; nullopt for one that has ended.
    std::optional<Known> find(std::string_view lease, std::int64_t fence);
    std::shared_ptr<HostedStudy> study_of(const Known& lease) const;
    [[noreturn]] void throw_not_driven(StudyId study) const;
    bool goes_on(StudyId study) const;
    TrialState state_of(std::string_view lease) const;

    StudyHost& host_;
    store::Store& store_;
    store::ServiceStore& kept_;
    Options options_;
    Mutex mutex_;
    Rng rng_ PARNAS_GUARDED_BY(mutex_);
    std::unordered_map<std::string, Known> open_ PARNAS_GUARDED_BY(mutex_);  // by id
    std::size_t next_ PARNAS_GUARDED_BY(mutex_) = 0;  // of the driven studies, by turns
};

}  // namespace parnas::service
