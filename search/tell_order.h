// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <span>
#include <variant>
#include <vector>

#include "search/strategy.h"

namespace parnas::search {

// When a strategy is told of which trial. With a lag L, before the search's proposal k
// exactly its trials 0..k-L, in that order; without one, all as they end. Finalists are not
// among them, so the numbers may have gaps. A phase is told before anything else happens, so
// it has its place among the trials: after how many of them it was asked for.
class TellOrder {
  public:
    struct Ended {
        Trial trial;
        Seconds cost{0};
        bool reused = false;
    };
    struct Due {
        std::vector<std::variant<Ended, FinishedPhase>> tell;  // in this order, before the proposal
        bool may_propose = false;                              // false: more trials must end first
    };

    // `in_flight`: how many trials may be pending without a lag.
    TellOrder(std::optional<int> lag, std::size_t in_flight) : lag_(lag), in_flight_(in_flight) {}

    // How many may be pending from now on, if there is no lag.
    void set_in_flight(std::size_t in_flight) { in_flight_ = in_flight; }

    // Trials are added in the order of their numbers.
    void add(const Candidate& candidate);
    void end(Ended ended);
    // Until it ends nothing is due.
    void start_phase() { phase_runs_ = true; }
    // `told`: how many trials had become due when it was asked for. Phases end by index.
    void end(FinishedPhase phase, std::int64_t told);
    // The strategy cannot go on before it is told more.
    void wait_for_more() { waiting_ = true; }

    // What becomes due before the next proposal; each trial and phase once.
    Due due();

    // Added and not yet due, by number.
    std::span<const Candidate> pending() const { return pending_; }
    // How many were added.
    std::int64_t count() const { return count_; }
    // Whether an ended trial became due.
    bool told(TrialNumber number) const;
    // How many trials, and phases, became due.
    std::int64_t trials_told() const { return trials_told_; }
    std::int64_t phases_told() const { return phases_told_; }

  private:
    struct EndedPhase {
        FinishedPhase phase;
        std::int64_t told = 0;
    };

    Due due_with_lag(std::size_t lag);
    Due due_without_lag();
    void tell(Ended ended, Due& due);
    void tell_phases(Due& due);

    std::optional<int> lag_;
    std::size_t in_flight_;
    std::int64_t count_ = 0;
    bool waiting_ = false;
    std::vector<Candidate> pending_;
    std::map<TrialNumber, Ended> ended_;  // with a lag
    std::vector<Ended> in_order_;         // without
    std::deque<EndedPhase> phases_;       // not yet due
    bool phase_runs_ = false;
    std::int64_t trials_told_ = 0;
    std::int64_t phases_told_ = 0;
};

}  // namespace parnas::search
