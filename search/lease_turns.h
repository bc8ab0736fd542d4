// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <future>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "search/job_spec.h"
#include "search/lease_desk.h"
#include "search/referee.h"
#include "search/trial_ledger.h"
#include "store/attempt.h"

namespace parnas::search {

// A trial that a remote worker has from an earlier session.
struct LeasedTrial {
    TrialNumber number = 0;
    std::int64_t attempt = 1;
    Seconds ttl{0};
};

// What a driver needs to know of workers elsewhere.
struct RemoteLeases {
    std::vector<LeasedTrial> out;
    // The workers of which nothing more was heard while they had the trial, by earlier attempt.
    std::function<std::vector<std::string>(TrialNumber)> lost_workers;
    // A lease is taken away from a worker; may be empty.
    std::function<void(const LeaseKey&)> on_expired;
    std::size_t most_lost = 3;  // with which the trial fails, as it may be what kills them
};

// The mail of a study's workers, turn by turn: what comes of their trials goes into the ledger,
// what they are told goes to the desk once the ledger's batch is written. For the driver's
// thread; everything that is referred to outlives it.
class LeaseTurns {
  public:
    // `remote` may be null: all workers are of this process.
    LeaseTurns(const JobSpec& job,
               LeaseDesk& desk,
               TrialLedger& ledger,
               Referee& referee,
               const RemoteLeases* remote)
        : job_(job), desk_(desk), ledger_(ledger), referee_(referee), remote_(remote) {}

    // Whether a remote worker has this trial, and which attempt.
    std::optional<LeasedTrial> find_out(TrialNumber number) const;
    void restore(const Candidate& candidate, const LeasedTrial& leased);

    // After `stop` was requested, results that were cancelled are no results.
    void handle(LeaseDesk::Mail& mail, const std::stop_token& stop);

    // Once the batch is written: trials go out, and those who sent results hear of it.
    void publish(const TrialLedger::Turn& turn);
    // The same to those who sent what the batch had nothing of.
    void confirm_rest();
    // Verdicts on reports that were written; some trials are to be pruned then.
    void answer();

  private:
    void take(LeaseDesk::Report report);
    void take(LeaseDesk::Result result, const std::stop_token& stop);
    void take(LeaseDesk::Return back);
    void take_away(const LeaseKey& key);
    std::string why_lost(LeaseLoss loss) const;
    void begin_again(TrialNumber number);
    void end_attempt(const LeaseKey& key, store::AttemptState state, std::string reason);
    Lease lease_of(const TrialLedger::Offer& offer) const;
    evaluators::Verdict judge(const LeaseDesk::Report& report);

    const JobSpec& job_;
    LeaseDesk& desk_;
    TrialLedger& ledger_;
    Referee& referee_;
    const RemoteLeases* remote_;
    std::vector<LeaseDesk::Report> unanswered_;  // the evaluations wait
    std::map<TrialNumber, std::promise<TrialState>> unconfirmed_;
};

}  // namespace parnas::search
