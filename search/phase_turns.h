// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <variant>

#include "search/observer.h"
#include "search/phase_ledger.h"

namespace parnas::search {

// A study's phases, one at a time, from the strategy's wish to what it is told: offers them to
// the desk, tells observers how far they are and has them written down. For the driver's
// thread; keeps references to the desk and the observers.
class PhaseTurns {
  public:
    // A phase that is done, and after how many trials it is told.
    struct Done {
        FinishedPhase phase;
        std::int64_t told = 0;
    };

    PhaseTurns(std::uint64_t seed, LeaseDesk& desk, std::span<Observer* const> observers)
        : ledger_(seed), desk_(desk), observers_(observers) {}

    // Of earlier sessions, by index.
    Done restore(const store::PhaseRecord& record);
    // To be run after so many trials were told.
    void start(const Phase& phase, std::int64_t told);
    // Lets a worker have the phase that was started, if it is not out: it may need what is in the
    // batch, so this is for when that is written.
    void offer();
    void report(LeaseDesk::PhaseReport report) const;
    // Into the batch; or why not.
    std::variant<Done, Failure> finish(LeaseDesk::PhaseEnd end, store::Batch& batch);

  private:
    PhaseLedger ledger_;
    LeaseDesk& desk_;
    std::span<Observer* const> observers_;
    std::optional<PhaseLease> to_offer_;
};

}  // namespace parnas::search
