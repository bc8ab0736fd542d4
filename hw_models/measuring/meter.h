// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <stop_token>

#include "hw_models/measuring/canary.h"
#include "hw_models/measuring/sampling.h"

namespace parnas::hw_models {

// What to do with a measurement that was disturbed.
enum class Disturbed { refuse, mark };

struct MeterOptions {
    SamplingOptions sampling;
    bool one_thread = false;  // SamplingOptions, of whatever is measured
    Canary::Options canary;
    Disturbed disturbed = Disturbed::refuse;
};

// Measures beside a canary, which keeps its baseline until a disturbed timing is marked. Belongs
// to one thread; holds no Quiet (core/quiet_machine.h), which is the caller's business.
class Meter {
  public:
    Meter(std::unique_ptr<Instruments> instruments,
          std::function<void()> canary_work,
          MeterOptions options);

    // As sample_times(). Throws Error(unavailable) for a disturbed timing, unless it is to be
    // marked.
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
