// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <span>
#include <vector>

#include "search/sampler.h"

namespace parnas::search {

// When a strategy is told of which trial. With a lag L, before proposal k exactly the
// trials 0..k-L, by number; without one, all as they end.
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

    // Trials are added by number, from 0.
    void add(const Candidate& candidate);
    void end(Ended ended);
    // The strategy cannot go on before it is told more.
    void wait_for_more() { waiting_ = true; }

    // What becomes due before the next proposal; each trial once.
    Due due();

    // Added and not yet due, by number.
    std::span<const Candidate> pending() const { return pending_; }
    // With a lag: trials 0..told()-1 became due.
    TrialNumber told() const { return told_; }

  private:
    Due due_with_lag(TrialNumber lag);
    Due due_without_lag();

    std::optional<int> lag_;
    std::size_t in_flight_;
    TrialNumber added_ = 0;
    TrialNumber told_ = 0;
    bool waiting_ = false;
    std::vector<Candidate> pending_;
    std::map<TrialNumber, Ended> ended_;  // with a lag
    std::vector<Ended> in_order_;         // without
};

}  // namespace parnas::search
