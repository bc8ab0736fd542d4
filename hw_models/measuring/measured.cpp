// SPDX-License-Identifier: Apache-2.0
#include "hw_models/measuring/measured.h"

#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "core/mutex.h"
#include "core/quiet_machine.h"
#include "hw_models/estimate_each.h"
#include "hw_models/measuring/meter.h"

namespace parnas::hw_models {
namespace {

constexpr double kMedian90 = 1.645;

Estimate to_estimate(const Timing& timing) {
    // Where neighbours were, the median is as uncertain as a single run.
    const TimeInterval interval =
        timing.disturbed ? TimeInterval{timing.times.quantile(0.05), timing.times.quantile(0.95)}
                         : timing.times.median_interval(kMedian90);
    return {.latency = timing.times.median(),
            // As of a normal distribution, without its tail.
            .stddev = 1.4826 * timing.times.deviation(),
            .low = interval.low,
            .high = interval.high,
            .p95 = timing.times.quantile(0.95),
            .cold_start = timing.cold,
            .source = Source::measured};
}

class MeasuredModel final : public HardwareModel {
  public:
    MeasuredModel(std::unique_ptr<const Runtime> runtime, const MeterOptions& options)
        : runtime_(std::move(runtime)), options_(options), meter_(make_meter(options)) {}

    const Target& target() const override { return runtime_->target(); }

    std::string fingerprint() const override {
        return fmt::format("measured@3 {} {} {} {} s",
                           target().name,
                           target().hardware,
                           target().runtime,
                           options_.sampling.budget.count());
    }

    std::vector<Estimate> estimate(std::span<const spaces::Network* const> networks,
                                   const std::stop_token& stop) const override {
        return estimate_each(networks, target(), stop, [&](const spaces::Network& network) {
            return measure(network, stop);
        });
    }

  private:
    Estimate measure(const spaces::Network& network, const std::stop_token& stop) const {
        const MutexLock lock(mutex_);
        std::vector<std::unique_ptr<Runner>> runners;
        runners.push_back(runtime_->load(network));
        const Quiet quiet;
        return to_estimate(meter_.measure(runners, stop));
    }

    std::unique_ptr<const Runtime> runtime_;
    MeterOptions options_;
    mutable Mutex mutex_;
    mutable Meter meter_ PARNAS_GUARDED_BY(mutex_);
};

}  // namespace

HardwareModelFactory make_measured_factory(std::shared_ptr<const RuntimeRegistry> runtimes) {
    return [runtimes = std::move(runtimes)](
               ObjectReader& options,
               const std::filesystem::path& base) -> std::unique_ptr<HardwareModel> {
        const std::string name = options.text("runtime", "libtorch");
        MeterOptions read;
        read.sampling.budget = Seconds(options.real("seconds", 0.5, {0.001, 3600.0}));
        read.disturbed = options.word("disturbed", {"refuse", "mark"}, "refuse") == 0
                             ? Disturbed::refuse
                             : Disturbed::mark;
        if (read.disturbed == Disturbed::mark)
            read.canary.patience = 4.0 * read.sampling.budget;
        read.canary.tolerance =
            options.real("canary_tolerance", read.canary.tolerance, {0.001, 10.0});
        std::unique_ptr<Runtime> runtime = runtimes->find(name)(options, base);
        if (runtime == nullptr)
            return nullptr;
        read.one_thread = runtime->target().threads == 1;
        return std::make_unique<MeasuredModel>(std::move(runtime), read);
    };
}

}  // namespace parnas::hw_models
