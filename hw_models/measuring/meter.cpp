// SPDX-License-Identifier: Apache-2.0
#include "hw_models/measuring/meter.h"

#include <algorithm>
#include <cmath>
#include <optional>
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

bool Meter::undisturbed(const std::function<bool()>& block) {
    constexpr Seconds kLongestPause{10.0};
    const bool must_run = options_.disturbed == Disturbed::mark;
    Seconds pause = options_.pause;
    double worst_pace = 1.0;
    double longest_queue = 0.0;
    bool interrupted = false;
    const auto calm = [&] {
        const bool answer = canary_.calm();
        if (std::abs(canary_.pace() - 1.0) > std::abs(worst_pace - 1.0))
            worst_pace = canary_.pace();
        return answer;
    };
    for (int i = 0; i < options_.tries; ++i) {
        if (i > 0 && !must_run) {
            instruments_->wait(pause);
            pause = std::min(2.0 * pause, kLongestPause);
        }
        const Seconds start = instruments_->now();
        const Seconds queued_before = instruments_->queued();
        const bool calm_before = calm();
        const bool last = i + 1 == options_.tries;
        if (!calm_before && !(last && must_run))
            continue;
        const bool clean = block();
        interrupted = interrupted || !clean;
        const bool calm_after = calm();
        const Seconds queued = instruments_->queued() - queued_before;
        const double share = queued / (instruments_->now() - start);
        longest_queue = std::max(longest_queue, share);
        if (calm_before && clean && calm_after && share <= options_.most_queued)
            return true;
    }
    if (must_run)
        return false;
    throw Error(
        ErrorKind::unavailable,
        fmt::format(
            "this machine is not quiet enough to measure a latency: all of {} tries were "
            "disturbed ({}a fixed computation took {:.2f} times as long as at its best; {:.0f} % "
            "of the time went by waiting for a core); "
            "stop what else runs, or measure with `disturbed: mark`",
            options_.tries,
            interrupted ? "the measured program was interrupted; " : "",
            worst_pace,
            100.0 * longest_queue));
}

Timing Meter::measure(std::span<const std::unique_ptr<Runner>> copies,
                      const SamplingOptions& sampling,
                      const std::stop_token& stop) {
    std::optional<Timing> timing;
    std::optional<Seconds> cold;
    const bool clean = undisturbed([&] {
        timing = sample_times(copies, sampling, *instruments_, stop);
        if (!cold)
            cold = timing->cold;
        return !timing->disturbed;
    });
    timing->cold = *cold;  // only the first try found it cold
    timing->disturbed = !clean;
    return std::move(*timing);
}

Meter make_meter(const MeterOptions& options) {
    return {make_system_instruments(), canary_work(), options};
}

}  // namespace parnas::hw_models
