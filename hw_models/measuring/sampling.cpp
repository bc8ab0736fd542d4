// SPDX-License-Identifier: Apache-2.0
#include "hw_models/measuring/sampling.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "core/error.h"

namespace parnas::hw_models {
namespace {

constexpr double kMedian95 = 1.96;
constexpr std::size_t kFewestKept = 3;  // whatever the budget

class Sampler {
  public:
    Sampler(std::span<const std::unique_ptr<Runner>> copies,
            const SamplingOptions& options,
            Instruments& instruments,
            const std::stop_token& stop)
        : copies_(copies), options_(options), instruments_(instruments), stop_(stop) {
        check(!copies.empty(), "there is something to run");
    }

    Timing run() {
        start_ = instruments_.now();
        const Seconds cold = time_runs(1);
        const Seconds typical = warm_up();
        // A clock that is too coarse may call a run free.
        const double wanted = options_.shortest / std::max(typical, Seconds{1e-9});
        repeats_ = std::max<std::size_t>(1, static_cast<std::size_t>(std::ceil(wanted)));
        take_samples();

        const auto all = static_cast<double>(kept_.size() + discarded_.size());
        const std::size_t discarded = discarded_.size();
        const bool disturbed = static_cast<double>(discarded) > options_.most_discarded * all;
        if (kept_.size() < kFewestKept)
            kept_.insert(kept_.end(), discarded_.begin(), discarded_.end());
        return {.cold = cold,
                .times = TimeSample(std::move(kept_)),
                .repeats = repeats_,
                .discarded = discarded,
                .disturbed = disturbed};
    }

  private:
    // Of each of `count` runs.
    Seconds time_runs(std::size_t count) {
        if (stop_.stop_requested())
            throw Error(ErrorKind::unavailable, "stopped while measuring a latency");
        const Seconds start = instruments_.now();
        for (std::size_t i = 0; i < count; ++i) {
            copies_[turn_]->run();
            turn_ = (turn_ + 1) % copies_.size();
        }
        return (instruments_.now() - start) / static_cast<double>(count);
    }

    Seconds spent() { return instruments_.now() - start_; }

    // Returns what a run takes, roughly.
    Seconds warm_up() {
        constexpr std::size_t kWindow = 5;
        constexpr std::size_t kMost = 50;
        constexpr double kSettled = 0.02;
        const Seconds limit = std::min(Seconds{1.0}, options_.budget / 3.0);
        std::vector<Seconds> times;
        do {
            times.push_back(time_runs(1));
            if (times.size() < std::max(2 * kWindow, copies_.size()))
                continue;
            const Seconds last = TimeSample({times.end() - kWindow, times.end()}).median();
            const Seconds before =
                TimeSample({times.end() - 2 * kWindow, times.end() - kWindow}).median();
            if (std::abs(last / before - 1.0) < kSettled)
                break;
        } while (times.size() < kMost && spent() < limit);
        const std::size_t window = std::min(kWindow, times.size());
        return TimeSample({times.end() - static_cast<std::ptrdiff_t>(window), times.end()})
            .median();
    }

    void take_samples() {
        // Sorting costs: the interval is looked at whenever a fifth was added.
        std::size_t next_look = options_.fewest;
        while (kept_.size() + discarded_.size() < options_.most) {
            const Interruptions before = instruments_.interruptions();
            const Seconds time = time_runs(repeats_);
            const bool clean = instruments_.interruptions() == before;
            (clean ? kept_ : discarded_).push_back(time);
            if (spent() >= options_.budget && kept_.size() + discarded_.size() >= kFewestKept)
                return;
            if (!clean || kept_.size() < next_look)
                continue;
            if (is_narrow())
                return;
            next_look += std::max<std::size_t>(1, next_look / 5);
        }
    }

    bool is_narrow() const {
        const TimeSample sample(kept_);
        const TimeInterval interval = sample.median_interval(kMedian95);
        return (interval.high - interval.low) / 2.0 <= options_.narrow * sample.median();
    }

    std::span<const std::unique_ptr<Runner>> copies_;
    const SamplingOptions& options_;
    Instruments& instruments_;
    const std::stop_token& stop_;
    Seconds start_{0};
    std::size_t turn_ = 0;
    std::size_t repeats_ = 1;
    std::vector<Seconds> kept_;
    std::vector<Seconds> discarded_;
};

}  // namespace

Timing sample_times(std::span<const std::unique_ptr<Runner>> copies,
                    const SamplingOptions& options,
                    Instruments& instruments,
                    const std::stop_token& stop) {
    return Sampler(copies, options, instruments, stop).run();
}

}  // namespace parnas::hw_models
