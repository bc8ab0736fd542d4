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

// Where a study's driver and its workers meet: trials that are ready go out as leases,
// results come back as mail. Thread-safe; workers call the first group, the one driver the
// second.
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
    struct Mail {
        std::vector<Report> reports;
        std::vector<Result> results;
        std::optional<std::string> broken;  // why a worker cannot go on

        bool empty() const { return reports.empty() && results.empty() && !broken; }
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
    // Evaluations cannot work here, and why: the study fails.
    void give_up(std::string reason);

    // Leases go out in the order in which they were offered.
    void offer(const Candidate& candidate, Reporting reporting = Reporting::noted);
    // Ends a judged report's wait.
    void answer(std::int64_t fence, evaluators::Verdict verdict);
    // All mail since the last call; waits for some unless `stop` is requested.
    Mail wait_for_mail(const std::stop_token& stop);
    Mail take_mail();
    // No more leases: workers that wait are sent home. What was not leased is forgotten. A
    // judged lease is lost if it waits for a verdict, else with its next report.
    void close();
    // Leases that are out and not back.
    std::size_t open() const;

  private:
    mutable Mutex mutex_;
    std::condition_variable_any trial_ready_;
    std::condition_variable_any mail_came_;
    std::condition_variable_any verdict_came_;
    bool closed_ PARNAS_GUARDED_BY(mutex_) = false;
    std::int64_t last_fence_ PARNAS_GUARDED_BY(mutex_) = 0;
    std::deque<Lease> ready_ PARNAS_GUARDED_BY(mutex_);
    std::map<std::int64_t, Lease> open_ PARNAS_GUARDED_BY(mutex_);  // by fence
    // By the fence of a lease whose report waits; nullopt until the driver answers.
    std::map<std::int64_t, std::optional<evaluators::Verdict>> verdicts_ PARNAS_GUARDED_BY(mutex_);
    Mail mail_ PARNAS_GUARDED_BY(mutex_);
};

}  // namespace parnas::search
