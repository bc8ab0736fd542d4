// SPDX-License-Identifier: Apache-2.0
#include "hw_models/measuring/meter.h"

#include <utility>

#include <fmt/format.h>

#include "core/error.h"

namespace parnas::hw_models {

Meter::Meter(std::unique_ptr<Instruments> instruments,
             std::function<void()> canary_work,
             MeterOptions options)
    : instruments_(std::move(instruments)),
      options_(options),
      canary_(*instruments_, std::move(canary_work), options.canary) {}

Timing Meter::measure(std::span<const std::unique_ptr<Runner>> copies,
                      const SamplingOptions& sampling,
                      const std::stop_token& stop) {
    SamplingOptions options = sampling;
    options.one_thread = options_.one_thread;
    Timing timing = sample_times(copies, options, *instruments_, canary_, stop);
    if (!timing.disturbed)
        return timing;
    if (options_.disturbed == Disturbed::mark) {
        canary_.settle();  // the machine may stay as it is now
        return timing;
    }
    throw Error(
        ErrorKind::unavailable,
        fmt::format("this machine is not quiet enough to measure a latency: in {:.3g} s a fixed "
                    "computation took {:.2f} times as long as before, in the middle, and "
                    "{:.0f} % of what remained was interrupted; stop what else runs, or measure "
                    "with `disturbed: mark`",
                    options_.canary.patience.count(),
                    timing.pace,
                    100.0 * timing.interrupted));
}

Meter make_meter(const MeterOptions& options) {
    return {make_system_instruments(), canary_work(), options};
}

}  // namespace parnas::hw_models
