// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include "hw_models/measuring/instruments.h"

namespace parnas::hw_models {

// The product of two matrices of 256 x 256 in 32 bits, always the same: a few milliseconds
// on one core.
std::function<void()> canary_work();

// Says whether the machine is as fast as it was: times a fixed piece of work beside what is
// measured. A neighbour on the same core's other thread, of another virtual machine even, leaves
// no trace in the kernel's counters, but slows this. Nothing is ever scaled by its time. Belongs
// to one thread.
class Canary {
  public:
    struct Options {
        double tolerance = 0.15;  // of the time, relative to the baseline
        // How long to go on until enough samples were calm, beyond the time that they need.
        Seconds patience{30.0};
    };

    Canary(Instruments& instruments, std::function<void()> work, Options options);

    // Runs the work once and says how long it took.
    Seconds look();

    // What a fifth of the looks over a second did not exceed: the time without neighbours
    // where they come and go, the usual one where they are nearly always there. Taken before the
    // first look and whenever settle() is called.
    Seconds baseline() const { return baseline_; }
    void settle();

    // Neither slower nor faster than at the baseline by more than the tolerance.
    bool calm(Seconds look) const;

    const Options& options() const { return options_; }

  private:
    Seconds time();

    Instruments& instruments_;
    std::function<void()> work_;
    Options options_;
    Seconds baseline_{0};
};

}  // namespace parnas::hw_models
