// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "core/mutex.h"
#include "core/trial.h"
#include "evaluators/evaluator.h"

namespace parnas::search {

// What becomes of a trial's reports.
enum class Reporting {
    noted,   // the evaluation goes on at once
    judged,  // the evaluation waits for the driver's verdict
};

// One worker's right to report on one trial. The fence is new for each lease: reports
// under an old one are not heard.
struct Lease {
    std::int64_t fence = 0;
    Candidate candidate;
    Reporting reporting = Reporting::noted;
};

// A phase that is to be run.
struct PhaseLease {
    std::int64_t index = 0;  // in its study
    evaluators::Phase phase;
    std::uint64_t seed = 0;
};

// Where a study's driver and its workers meet: trials that are ready go out as leases,
// results come back as mail; and so does one phase at a time. Thread-safe; workers call the
// first group, the one driver the second.
class LeaseDesk {
  public:
    struct Result {
        Lease lease;
        Outcome outcome;
        std::optional<std::string> weights;
    };
    struct Report {
        Lease lease;
        std::int64_t step = 0;
        Metrics metrics;
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
        std::optional<PhaseReport> phase_report;  // the last one
        std::optional<PhaseEnd> phase_end;
        std::optional<std::string> broken;  // why a worker cannot go on

        bool empty() const {
            return reports.empty() && results.empty() && !phase_report && !phase_end && !broken;
        }
    };

    // Waits for a trial. Nullopt: stopped, or the study ended.
    std::optional<Lease> lease(const std::stop_token& stop);
    // Waits for the verdict if the lease's reports are judged. Verdict::stop: that was it, or
    // the lease is lost.
    evaluators::Verdict report(std::int64_t fence, std::int64_t step, const Metrics& metrics);
    // A lost lease's result is dropped.
    void finish(std::int64_t fence,
                Outcome outcome,
                std::optional<std::string> weights = std::nullopt);
    // Waits for a phase. Nullopt: stopped, or the study ended.
    std::optional<PhaseLease> lease_phase(const std::stop_token& stop);
    void report_phase(double share, const Metrics& metrics);
    void finish_phase(evaluators::PhaseOutcome outcome, std::optional<std::string> checkpoint);
    // Evaluations cannot work here, and why: the study fails.
    void give_up(std::string reason);

    // Leases go out in the order in which they were offered.
    void offer(const Candidate& candidate, Reporting reporting = Reporting::noted);
    // The one before has come back.
    void offer(PhaseLease phase);
    // Ends a judged report's wait.
    void answer(std::int64_t fence, evaluators::Verdict verdict);
    // All mail since the last call; waits for some unless `stop` is requested.
    Mail wait_for_mail(const std::stop_token& stop);
    Mail take_mail();
    // No more leases: workers that wait are sent home. What was not leased is forgotten. A
    // judged lease is lost if it waits for a verdict, else with its next report.
    void close();
    // Leases that are out and not back, a phase's among them.
    std::size_t open() const;

  private:
    mutable Mutex mutex_;
    std::condition_variable_any trial_ready_;
    std::condition_variable_any phase_ready_;
    std::condition_variable_any mail_came_;
    std::condition_variable_any verdict_came_;
    bool closed_ PARNAS_GUARDED_BY(mutex_) = false;
    std::int64_t last_fence_ PARNAS_GUARDED_BY(mutex_) = 0;
    std::deque<Lease> ready_ PARNAS_GUARDED_BY(mutex_);
    std::map<std::int64_t, Lease> open_ PARNAS_GUARDED_BY(mutex_);  // by fence
    std::optional<PhaseLease> ready_phase_ PARNAS_GUARDED_BY(mutex_);
    bool phase_open_ PARNAS_GUARDED_BY(mutex_) = false;
    // By the fence of a lease whose report waits; nullopt until the driver answers.
    std::map<std::int64_t, std::optional<evaluators::Verdict>> verdicts_ PARNAS_GUARDED_BY(mutex_);
    Mail mail_ PARNAS_GUARDED_BY(mutex_);
};

}  // namespace parnas::search
