// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>

#include "hw_models/measuring/instruments.h"

namespace parnas::hw_models {

// The product of two matrices of 256 x 256 in 32 bits, always the same: a few milliseconds
// on one core.
std::function<void()> canary_work();

// Says whether the machine is as fast as it was: times a fixed piece of work beside what is
// measured. A neighbour on the same core's other thread leaves no trace in the kernel's counters,
// but slows this. Belongs to one thread.
class Canary {
  public:
    struct Options {
        double tolerance = 0.05;  // of the time, relative to the baseline
        int runs = 7;             // in a row: long enough that whoever shares the core has a turn
    };

    Canary(Instruments& instruments, std::function<void()> work, Options options);

    // Whether the work takes as long as at the session's baseline, the best of its first three
    // times. A time that is shorter by more than the tolerance says that the baseline was taken
    // beside somebody: it takes its place, and the answer is no, for what was measured before
    // cannot be trusted either. Nothing is ever scaled by the time.
    bool calm();
    // The last time relative to the baseline; 1 before the first.
    double pace() const { return pace_; }

  private:
    Seconds time();

    Instruments& instruments_;
    std::function<void()> work_;
    Options options_;
    std::optional<Seconds> baseline_;
    double pace_ = 1.0;
};

}  // namespace parnas::hw_models
