// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <stop_token>

#include "hw_models/measuring/canary.h"
#include "hw_models/measuring/sampling.h"

namespace parnas::hw_models {

// What to do with a measurement that was disturbed every time.
enum class Disturbed { refuse, mark };

struct MeterOptions {
    SamplingOptions sampling;
    Canary::Options canary;
    double most_queued = 0.05;  // share of a try that the thread may wait for a core
    int tries = 3;
    // Before the second try, twice as long before the third and so on, 10 s at most; none before
    // what is to be marked.
    Seconds pause{0.5};
    Disturbed disturbed = Disturbed::refuse;
};

// Measures between two looks at a canary, which has its baseline for the life of the meter.
// Belongs to one thread; holds no Quiet (core/quiet_machine.h), which is the caller's business.
class Meter {
  public:
    Meter(std::unique_ptr<Instruments> instruments,
          std::function<void()> canary_work,
          MeterOptions options);

    // Runs `block` until it says that nothing disturbed it and the canary before and after it
    // agrees, and the thread hardly waited for a core, at most `tries` times; where the canary is
    // not calm before, it does not run. What its last run gave counts. If it was disturbed every
    // time, throws Error(unavailable), or returns false if that is to be marked; then it ran once
    // at least.
    bool undisturbed(const std::function<bool()>& block);

    // One thing, undisturbed; `disturbed` of the timing is the verdict.
    Timing measure(std::span<const std::unique_ptr<Runner>> copies,
                   const SamplingOptions& sampling,
                   const std::stop_token& stop);
    Timing measure(std::span<const std::unique_ptr<Runner>> copies, const std::stop_token& stop) {
        return measure(copies, options_.sampling, stop);
    }

    Instruments& instruments() { return *instruments_; }
    const MeterOptions& options() const { return options_; }

  private:
    std::unique_ptr<Instruments> instruments_;
    MeterOptions options_;
    Canary canary_;
};

// On this machine as it is.
Meter make_meter(const MeterOptions& options);

}  // namespace parnas::hw_models
