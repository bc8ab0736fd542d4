// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <compare>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "core/mutex.h"
#include "core/trial.h"
#include "evaluators/evaluator.h"
#include "search/added_trial.h"
#include "search/budget.h"

namespace parnas::search {

// What becomes of a trial's reports.
enum class Reporting {
    noted,   // the evaluation goes on at once
    judged,  // the evaluation waits for the driver's verdict
};

// An attempt at a trial. Of each trial only the last attempt is heard: the number is the fence.
struct LeaseKey {
    TrialNumber number = 0;
    std::int64_t attempt = 1;

    auto operator<=>(const LeaseKey&) const = default;
};

// A worker's right to report on an attempt at a trial.
struct Lease {
    Candidate candidate;
    std::int64_t attempt = 1;
    Reporting reporting = Reporting::noted;

    LeaseKey key() const { return {candidate.number, attempt}; }
};

// A phase that is to be run.
struct PhaseLease {
    std::int64_t index = 0;  // in its study
    evaluators::Phase phase;
    std::uint64_t seed = 0;
};

// What a worker is told of a report.
enum class Heard {
    go_on,
    stop,    // the trial is pruned: its result is asked for
    lost,    // the lease is not the worker's any more
    closed,  // nobody drives the study now; the lease of a remote worker goes on
};

// Why a lease is taken away from a remote worker.
enum class LeaseLoss {
    silent,   // nothing was heard of it for the time to live
    stalled,  // it was heard of, but its evaluation went no further
};

// How long the lease of a remote worker lasts without a word of it, and without progress.
struct LeaseTimes {
    Seconds ttl{0};
    std::optional<Seconds> progress{};  // none: as long as it takes
};

// Where a study's driver and its workers meet: trials that are ready go out as leases,
// results come back as mail; and so does one phase at a time. Thread-safe; workers call the
// first two groups, the one driver the third.
//
// The lease of a remote worker lapses if nothing is heard of it for its time to live. It is
// still the worker's then, and any word of it makes it good again, until somebody else wants
// the trial: after a pause, which doubles with each attempt, the next one who asks for a lease
// makes the driver take it away and offer the trial as a new attempt. Where progress has a
// deadline, a lease that misses it is taken away with the next such request, or word of its worker
// that is no progress.
class LeaseDesk {
  public:
    using Clock = std::chrono::steady_clock;

    struct Result {
        Lease lease;
        bool remote = false;
        Outcome outcome;
        std::optional<std::string> weights;
        std::promise<TrialState> recorded;
    };
    struct Report {
        Lease lease;
        std::int64_t step = 0;
        Metrics metrics;
    };
    // A remote worker ends its attempt and has no result.
    struct Return {
        LeaseKey key;
        std::promise<TrialState> recorded;
    };
    // Trials that somebody adds; their numbers, once they are recorded.
    struct Addition {
        AddedTrials added;
        std::promise<std::vector<TrialNumber>> recorded;
    };
    struct PhaseReport {
        double share = 0.0;  // done, in [0, 1]
        Metrics metrics;
    };
    struct PhaseEnd {
        evaluators::PhaseOutcome outcome;
        std::optional<std::string> checkpoint;
    };
    struct Mail {
        std::vector<Report> reports;
        std::vector<Result> results;
        std::vector<Return> returns;
        std::vector<LeaseKey> wanted;  // lapsed, and somebody asks for a lease
        std::vector<Addition> additions;
        std::optional<Budget> budget;             // another one from now on
        bool asked = false;                       // no trial is ready: see lease(), Options
        std::optional<PhaseReport> phase_report;  // the last one
        std::optional<PhaseEnd> phase_end;
        std::optional<std::string> broken;  // why a worker cannot go on

        bool empty() const {
            return reports.empty() && results.empty() && returns.empty() && wanted.empty() &&
                   additions.empty() && !budget && !asked && !phase_report && !phase_end && !broken;
        }
    };

    struct Options {
        std::function<void()> on_ready;  // called after a trial became ready; may be empty
        Seconds pause{1.0};              // after the first lapsed attempt; at most 64 times that
        bool ahead = false;  // the driver is told when the last trial that was ready has gone
        // Leases may be out since an earlier session: until the driver has restored them, a lease
        // that is not known here is no lost one.
        bool restores = false;
    };

    LeaseDesk() : LeaseDesk(Options{}) {}
    explicit LeaseDesk(Options options) : options_(std::move(options)) {}

    // Waits for a trial. Nullopt: stopped, too late, or the study ended.
    std::optional<Lease> lease(const std::stop_token& stop,
                               Clock::time_point until = Clock::time_point::max());
    // Waits for the first of at most so many, and takes those that are ready then.
    std::vector<Lease> lease_some(std::size_t most,
                                  const std::stop_token& stop,
                                  Clock::time_point until);
    // Waits for the verdict if the lease's reports are judged.
    Heard report(const LeaseKey& key, std::int64_t step, const Metrics& metrics);
    // The trial's state, once the result was recorded. It has Error(conflict) for a lost lease,
    // whose result is dropped, and is broken when the driver ends before it recorded it.
    std::future<TrialState> finish(const LeaseKey& key,
                                   Outcome outcome,
                                   std::optional<std::string> weights = std::nullopt);
    // Waits for a phase. Nullopt: stopped, or the study ended.
    std::optional<PhaseLease> lease_phase(const std::stop_token& stop);
    void report_phase(double share, const Metrics& metrics);
    void finish_phase(evaluators::PhaseOutcome outcome, std::optional<std::string> checkpoint);
    // Evaluations cannot work here, and why: the study fails.
    void give_up(std::string reason);

    // Of remote workers. The lease is one from now on.
    void make_remote(const LeaseKey& key, const LeaseTimes& times);
    // Heard::go_on while the lease is the worker's. `share` of the evaluation that is done, in
    // [0, 1]: more than it was is progress, as every report is.
    Heard renew(const LeaseKey& key, std::optional<double> share = std::nullopt);
    // As finish(): the trial is offered again, and the attempt is not held against it.
    std::future<TrialState> give_back(const LeaseKey& key);
    // A lease that its worker never heard of: the attempt goes to the next who asks.
    void put_back(const LeaseKey& key);
    // While it is paused nothing is leased; results are taken.
    void pause(bool paused);

    // Of those who run the study. Numbers of the trials once they are recorded; Error(conflict) if
    // the study takes none, and broken as finish().
    std::future<std::vector<TrialNumber>> add(AddedTrials trials);
    // Another budget from now on, also if the search was about to end.
    void allow(const Budget& budget);

    // Leases go out in the order in which they were offered; `again`: before all others.
    void offer(Lease lease, bool again = false);
    // The one before has come back.
    void offer(PhaseLease phase);
    // Out since an earlier session, in the hands of a remote worker.
    void restore(Lease lease, const LeaseTimes& times);
    // That was all.
    void restored();
    // Ends a judged report's wait.
    void answer(const LeaseKey& key, evaluators::Verdict verdict);
    // Takes away a wanted lease, and why. Nullopt if what was heard meanwhile made it good again.
    std::optional<LeaseLoss> revoke(const LeaseKey& key);
    // All mail since the last call; waits for some unless `stop` is requested.
    Mail wait_for_mail(const std::stop_token& stop);
    Mail take_mail();
    // Leases that are out, and those that are waited for.
    std::size_t demand() const;
    // No more leases: workers that wait are sent home. What was not leased is forgotten. A
    // judged lease of this process is lost if it waits for a verdict, else with its next report.
    void close();
    bool closed() const;
    // The driver reads no more mail: what comes now and what was not read is not recorded.
    void abandon();
    // Leases of this process that are out and not back, a phase's among them.
    std::size_t open() const;

  private:
    struct Out {
        Lease lease;
        LeaseTimes times{};  // ttl 0: of this process, and never lapses
        Clock::time_point lapses = Clock::time_point::max();
        Clock::time_point stalls = Clock::time_point::max();
        double share = 0.0;   // of the evaluation, as was heard last
        bool wanted = false;  // the driver was told

        bool remote() const { return times.ttl > Seconds{0}; }
        bool stalled() const { return stalls <= Clock::now(); }
        void renew();
        void progress();
    };
    using Outs = std::map<LeaseKey, Out>;

    Clock::time_point due(const Out& out) const;
    Outs::iterator find_heard(const LeaseKey& key) PARNAS_REQUIRES(mutex_);
    // Of one that is not known.
    Heard unknown() const PARNAS_REQUIRES(mutex_);
    std::future<TrialState> not_recorded(bool known) const PARNAS_REQUIRES(mutex_);
    Clock::time_point tell_of_lapsed() PARNAS_REQUIRES(mutex_);
    void want(const LeaseKey& key, Out& out) PARNAS_REQUIRES(mutex_);
    void ask_for_more() PARNAS_REQUIRES(mutex_);

    const Options options_;
    mutable Mutex mutex_;
    std::condition_variable_any trial_ready_;
    std::condition_variable_any phase_ready_;
    std::condition_variable_any mail_came_;
    std::condition_variable_any verdict_came_;
    bool closed_ PARNAS_GUARDED_BY(mutex_) = false;
    bool abandoned_ PARNAS_GUARDED_BY(mutex_) = false;
    bool restored_ PARNAS_GUARDED_BY(mutex_) = false;
    bool paused_ PARNAS_GUARDED_BY(mutex_) = false;
    std::deque<Lease> ready_ PARNAS_GUARDED_BY(mutex_);
    std::size_t waiting_ PARNAS_GUARDED_BY(mutex_) = 0;  // leases that are waited for
    Outs open_ PARNAS_GUARDED_BY(mutex_);
    std::optional<PhaseLease> ready_phase_ PARNAS_GUARDED_BY(mutex_);
    bool phase_open_ PARNAS_GUARDED_BY(mutex_) = false;
    // Of leases whose reports wait: nullopt until the driver answers.
    std::map<LeaseKey, std::shared_ptr<std::optional<Heard>>> verdicts_ PARNAS_GUARDED_BY(mutex_);
    Mail mail_ PARNAS_GUARDED_BY(mutex_);
};

}  // namespace parnas::search
