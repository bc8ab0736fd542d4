// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "search/observer.h"
#include "search/target_figures.h"
#include "search/tell_order.h"
#include "search/trial_ledger.h"
#include "store/store.h"

namespace parnas::search {

// Counts what becomes of a study's trials and tells its observers of each turn.
class Announcer {
  public:
    explicit Announcer(std::span<Observer* const> observers) : observers_(observers) {}

    // From the store, or new; what is announced counts by itself.
    void count_start(const std::optional<TargetFigures>& figures);
    void count(const TellOrder::Ended& ended, const std::optional<Failure>& failure);
    void count(const store::PhaseRecord& phase);

    // A turn that is in the store.
    void announce(const TrialLedger::Turn& turn, std::size_t front, Seconds elapsed);
    void store_unavailable(const Error& error) const;

  private:
    std::span<Observer* const> observers_;
    Progress progress_;
};

}  // namespace parnas::search
