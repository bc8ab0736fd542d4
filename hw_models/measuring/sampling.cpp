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
constexpr std::size_t kEnough = 8;      // when patience is at its end
constexpr Seconds kBetweenLooks{0.004};
constexpr double kMostQueued = 0.05;  // share of the time between looks

struct Sample {
    Seconds time{0};
    Seconds look{0};  // the slower one of the looks around it
    bool interrupted = false;
};

class Sampler {
  public:
    Sampler(std::span<const std::unique_ptr<Runner>> copies,
            const SamplingOptions& options,
            Instruments& instruments,
            Canary& canary,
            const std::stop_token& stop)
        : copies_(copies),
          options_(options),
          instruments_(instruments),
          canary_(canary),
          stop_(stop) {
        check(!copies.empty(), "there is something to run");
    }
    ~Sampler() { instruments_.leave_core(); }
    Sampler(const Sampler&) = delete;
    Sampler& operator=(const Sampler&) = delete;

    Timing run() {
        const Seconds start = instruments_.now();
        const Seconds cold = time_runs(1);
        typical_ = warm_up(start);
        // A clock that is too coarse may call a run free.
        const double wanted = options_.shortest / std::max(typical_, Seconds{1e-9});
        repeats_ = std::max<std::size_t>(1, static_cast<std::size_t>(std::ceil(wanted)));
        spent_ = instruments_.now() - start;
        take_samples();
        return verdict(cold);
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

    // Returns what a run takes, roughly.
    Seconds warm_up(Seconds start) {
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
        } while (times.size() < kMost && instruments_.now() - start < limit);
        const std::size_t window = std::min(kWindow, times.size());
        return TimeSample({times.end() - static_cast<std::ptrdiff_t>(window), times.end()})
            .median();
    }

    void take_samples() {
        Seconds before = canary_.look();
        const Seconds start = instruments_.now();
        // Sorting costs: the interval is looked at whenever a fifth was added.
        std::size_t next_check = options_.fewest;
        while (instruments_.now() - start < canary_.options().patience + options_.budget) {
            if (options_.one_thread && !canary_.calm(before))
                before = change_core();
            before = take_samples_after(before);
            if (kept_.size() >= options_.most || budget_is_spent())
                return;
            if (kept_.size() < next_check)
                continue;
            if (is_narrow())
                return;
            next_check = kept_.size() + std::max<std::size_t>(1, next_check / 5);
        }
    }

    // Returns a look at the other core.
    Seconds change_core() {
        instruments_.change_core();
        canary_.look();  // its caches were another's
        return canary_.look();
    }

    // Up to the next look, which it returns.
    Seconds take_samples_after(Seconds look) {
        const std::size_t first = samples_.size();
        const Seconds queued = instruments_.queued();
        const Seconds start = instruments_.now();
        // The canary's matrices are where the network's activations were in the caches.
        if (typical_ < kBetweenLooks / 4.0)
            time_runs(1);
        do {
            const Interruptions before = instruments_.interruptions();
            const Seconds time = time_runs(repeats_);
            samples_.push_back(
                {.time = time, .interrupted = instruments_.interruptions() != before});
        } while (instruments_.now() - start < kBetweenLooks);
        const Seconds next = canary_.look();
        const double share = (instruments_.queued() - queued) / (instruments_.now() - start);
        for (std::size_t i = first; i < samples_.size(); ++i) {
            Sample& each = samples_[i];
            each.look = std::max(look, next);
            each.interrupted = each.interrupted || share > kMostQueued;
            if (!canary_.calm(each.look))
                continue;
            ++calm_;
            spent_ += static_cast<double>(repeats_) * each.time;
            if (!each.interrupted && kept_.size() < options_.most)
                kept_.push_back(each.time);
            interrupted_ += each.interrupted ? 1 : 0;
        }
        return next;
    }

    bool budget_is_spent() const {
        return kept_.size() >= kFewestKept && spent_ >= options_.budget;
    }

    bool is_narrow() const {
        const TimeSample sample(kept_);
        const TimeInterval interval = sample.median_interval(kMedian95);
        return (interval.high - interval.low) / 2.0 <= options_.narrow * sample.median();
    }

    // The quickest looks' fifth, of those that were not interrupted if there are such.
    std::vector<Seconds> calmest_times() {
        std::ranges::stable_sort(samples_, {}, &Sample::look);
        const auto interrupted = std::stable_partition(
            samples_.begin(), samples_.end(), [](const Sample& each) { return !each.interrupted; });
        const auto clean = static_cast<std::size_t>(interrupted - samples_.begin());
        const std::size_t of = clean >= kFewestKept ? clean : samples_.size();
        std::vector<Seconds> times;
        for (std::size_t i = 0; i < std::max(std::min(of, kFewestKept), of / 5); ++i)
            times.push_back(samples_[i].time);
        return times;
    }

    Timing verdict(Seconds cold) {
        std::vector<Seconds> looks;
        for (const Sample& each : samples_)
            looks.push_back(each.look);
        const Seconds middle = TimeSample(std::move(looks)).median();
        const bool few = kept_.size() < std::min(kEnough, options_.most) && !budget_is_spent();
        if (few)
            kept_ = calmest_times();
        return {.cold = cold,
                .times = TimeSample(kept_),
                .repeats = repeats_,
                .discarded = samples_.size() - kept_.size(),
                .interrupted =
                    static_cast<double>(interrupted_) / static_cast<double>(std::max(calm_, 1)),
                .pace = middle / canary_.baseline(),
                .disturbed = few};
    }

    std::span<const std::unique_ptr<Runner>> copies_;
    const SamplingOptions& options_;
    Instruments& instruments_;
    Canary& canary_;
    const std::stop_token& stop_;
    std::size_t turn_ = 0;
    Seconds typical_{0};
    Seconds spent_{0};  // warming up, and on calm samples
    std::size_t repeats_ = 1;
    std::vector<Sample> samples_;
    std::vector<Seconds> kept_;  // of samples that are calm and were not interrupted
    int calm_ = 0;               // samples
    int interrupted_ = 0;        // of these
};

}  // namespace

Timing sample_times(std::span<const std::unique_ptr<Runner>> copies,
                    const SamplingOptions& options,
                    Instruments& instruments,
                    Canary& canary,
                    const std::stop_token& stop) {
    return Sampler(copies, options, instruments, canary, stop).run();
}

}  // namespace parnas::hw_models
