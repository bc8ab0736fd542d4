// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "search/lease_desk.h"
#include "search/strategy.h"
#include "store/store.h"

namespace parnas::search {

// Gives a study's phases their index and seed, and writes down what became of them. Of their
// checkpoints the last one is kept. For the driver's thread.
class PhaseLedger {
  public:
    explicit PhaseLedger(std::uint64_t seed) : seed_(seed) {}

    // Of earlier sessions, by index.
    void restore(const store::PhaseRecord& record);
    // To be run now, after so many trials were told.
    PhaseLease start(const Phase& phase, std::int64_t told);
    // The phase that was started last is in the batch. Returns why not, if it failed.
    std::optional<Failure> finish(LeaseDesk::PhaseEnd end, store::Batch& batch);

    // The phase that was started last, with what is known of it.
    const store::PhaseRecord& last() const { return last_; }

  private:
    std::uint64_t seed_;
    std::int64_t next_ = 0;
    store::PhaseRecord last_;
    std::vector<std::int64_t> kept_;  // phases with a checkpoint
};

// As a strategy is told of it.
FinishedPhase to_finished(const store::PhaseRecord& record);

// Trials in the order in which they were told, with the phases in their places between them.
std::vector<Finished> in_order_told(std::vector<Trial> trials,
                                    std::span<const store::PhaseRecord> phases);

}  // namespace parnas::search
