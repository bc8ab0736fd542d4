// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "api/client/held_leases.h"
#include "evaluators/evaluator.h"

namespace parnas::client {

// The reports of one evaluation on their way to the server. Judged ones wait for their verdict;
// others go out together about once a second, and an outage does not hold up the evaluation. A
// batch that may have been heard is sent again as it was, under its key. For one thread at a time.
class ReportStream {
  public:
    // Both must outlive it.
    ReportStream(HeldLease& lease, ServiceClient& client) : lease_(lease), client_(client) {}

    // Throws ServiceError for a report that the server refuses, such as a step that does not grow.
    evaluators::Verdict add(std::int64_t step, const Metrics& metrics);
    // Sends what is left, for as long as it takes, or until the lease is lost.
    void flush();
    // A pruner has said to stop.
    bool pruned() const { return pruned_; }

  private:
    struct Batch {
        std::vector<TrialReport> reports;
        std::string key;
    };

    void send(const Patience& patience);
    bool try_send(const Batch& batch, const Patience& patience);

    HeldLease& lease_;
    ServiceClient& client_;
    std::optional<Batch> sent_;  // and not answered
    std::vector<TrialReport> waiting_;
    std::optional<std::chrono::steady_clock::time_point> last_;
    bool pruned_ = false;
};

}  // namespace parnas::client
