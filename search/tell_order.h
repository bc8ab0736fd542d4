// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <span>
#include <vector>

#include "search/sampler.h"

namespace parnas::search {

// When a strategy is told of which trial. With a lag L, before the search's proposal k
// exactly its trials 0..k-L, in that order; without one, all as they end. Finalists are not
// among them, so the numbers may have gaps.
class TellOrder {
  public:
    struct Ended {
        Trial trial;
        Seconds cost{0};
        bool reused = false;
    };
    struct Due {
        std::vector<Ended> tell;   // in this order, before the proposal
        bool may_propose = false;  // false: more trials must end first
    };

    // `in_flight`: how many trials may be pending without a lag.
    TellOrder(std::optional<int> lag, std::size_t in_flight) : lag_(lag), in_flight_(in_flight) {}

    // Trials are added in the order of their numbers.
    void add(const Candidate& candidate);
    void end(Ended ended);
    // The strategy cannot go on before it is told more.
    void wait_for_more() { waiting_ = true; }

    // What becomes due before the next proposal; each trial once.
    Due due();

    // Added and not yet due, by number.
    std::span<const Candidate> pending() const { return pending_; }
    // How many were added.
    std::int64_t count() const { return count_; }
    // Whether an ended trial became due.
    bool told(TrialNumber number) const;

  private:
    Due due_with_lag(std::size_t lag);
    Due due_without_lag();

    std::optional<int> lag_;
    std::size_t in_flight_;
    std::int64_t count_ = 0;
    bool waiting_ = false;
    std::vector<Candidate> pending_;
    std::map<TrialNumber, Ended> ended_;  // with a lag
    std::vector<Ended> in_order_;         // without
};

}  // namespace parnas::search
