// SPDX-License-Identifier: Apache-2.0
#include "bench/hardware/host.h"

#include <chrono>
#include <cmath>

#include "core/rank_correlation.h"
#include "core/rng.h"
#include "core/trial.h"
#include "hw_models/fitting/fitted_model.h"
#include "hw_models/onboarding/fit_probes.h"
#include "hw_models/onboarding/probe_timing.h"
#include "hw_models/table/table_model.h"

namespace parnas::bench {
namespace {

class HostRun {
  public:
    HostRun(std::shared_ptr<const spaces::SearchSpace> space,
            const hw_models::Runtime& runtime,
            hw_models::Meter& meter,
            const HostOptions& options,
            const std::function<void(std::string_view, double)>& progress,
            const std::stop_token& stop)
        : space_(std::move(space)),
          runtime_(runtime),
          meter_(meter),
          options_(options),
          progress_(progress),
          stop_(stop) {}

    HostFigure run() {
        figure_.target = runtime_.target().name;
        figure_.space = std::string(space_->name());
        draw_held_out();
        figure_.by_table = timed([&] {
            figure_.table = hw_models::profile_space(
                *space_, runtime_, meter_, options_.profiler, progress_, stop_);
            return hw_models::make_table_model(figure_.table);
        });
        figure_.by_probes = timed([&] { return onboard(); });
        measure_held_out();
        return std::move(figure_);
    }

  private:
    void draw_held_out() {
        // Another stream than the profiler's own draws.
        Rng rng = Rng(options_.seed).fork("held out");
        while (held_out_.size() < options_.networks)
            held_out_.push_back(space_->decode(spaces::sample_feasible(*space_, rng)).network);
    }

    HostModel timed(const std::function<std::unique_ptr<hw_models::HardwareModel>()>& make) const {
        const auto start = std::chrono::steady_clock::now();
        const auto model = make();
        HostModel said{.seconds = Seconds(std::chrono::steady_clock::now() - start).count(),
                       .predictions = {}};
        std::vector<const spaces::Network*> networks;
        for (const auto& network : held_out_)
            networks.push_back(network.get());
        for (const hw_models::Estimate& each : model->estimate(networks, stop_))
            said.predictions.push_back(
                {.latency = each.latency, .low = each.low, .high = each.high});
        return said;
    }

    std::unique_ptr<hw_models::HardwareModel> onboard() {
        hw_models::ProbeSet set{
            .space = space_, .target = runtime_.target(), .seed = options_.seed, .probes = {}};
        const std::vector<hw_models::Probe> pool = hw_models::draw_pool(set);
        set = hw_models::with_more_probes(std::move(set), pool, options_.probes);
        std::vector<hw_models::ProbeTimes> times;
        for (const hw_models::Probe& probe : set.probes) {
            progress_("probes",
                      static_cast<double>(times.size()) / static_cast<double>(set.probes.size()));
            times.push_back({.repetitions = {measure(*probe.network, meter_.options().sampling)},
                             .disturbed = false});
        }
        constexpr double kGood = 0.1;
        return hw_models::make_fitted_model(
            hw_models::fit_probes(set, pool, times, {}, kGood).document);
    }

    // In passes, as the profiler does it.
    void measure_held_out() {
        std::vector<hw_models::ProbeTimes> times(held_out_.size());
        const int passes = options_.profiler.passes;
        for (int pass = 0; pass < passes; ++pass)
            for (std::size_t i = 0; i < held_out_.size(); ++i) {
                const double of_pass =
                    static_cast<double>(i) / static_cast<double>(held_out_.size());
                progress_("held-out networks", (pass + of_pass) / passes);
                times[i].repetitions.push_back(measure(*held_out_[i], options_.profiler.network));
            }
        for (const hw_models::ProbeTimes& each : times)
            figure_.measured.push_back(each.median());
    }

    Milliseconds measure(const spaces::Network& network,
                         const hw_models::SamplingOptions& sampling) {
        const hw_models::ProbeTiming timing =
            hw_models::time_probe(network, runtime_, meter_, sampling, stop_);
        figure_.disturbed += timing.disturbed ? 1 : 0;
        return timing.latency;
    }

    std::shared_ptr<const spaces::SearchSpace> space_;
    const hw_models::Runtime& runtime_;
    hw_models::Meter& meter_;
    const HostOptions& options_;
    const std::function<void(std::string_view, double)>& progress_;
    const std::stop_token& stop_;
    std::vector<std::shared_ptr<const spaces::Network>> held_out_;
    HostFigure figure_;
};

}  // namespace

HostJudgement judge(const HostModel& model, std::span<const Milliseconds> measured) {
    HostJudgement found;
    std::vector<double> latencies;
    std::vector<double> predicted;
    for (std::size_t i = 0; i < measured.size(); ++i) {
        const HostPrediction& said = model.predictions[i];
        const double error = std::abs(said.latency / measured[i] - 1.0);
        found.within_5 += error <= 0.05 ? 1.0 : 0.0;
        found.within_10 += error <= 0.1 ? 1.0 : 0.0;
        found.within_15 += error <= 0.15 ? 1.0 : 0.0;
        found.mean_error += error;
        found.coverage += said.low <= measured[i] && measured[i] <= said.high ? 1.0 : 0.0;
        latencies.push_back(measured[i].count());
        predicted.push_back(said.latency.count());
    }
    for (double* sum :
         {&found.within_5, &found.within_10, &found.within_15, &found.mean_error, &found.coverage})
        *sum /= static_cast<double>(measured.size());
    found.rho = spearman_rho(latencies, predicted).value_or(0.0);
    return found;
}

HostFigure run_host(const std::shared_ptr<const spaces::SearchSpace>& space,
                    const hw_models::Runtime& runtime,
                    hw_models::Meter& meter,
                    const HostOptions& options,
                    const std::function<void(std::string_view, double)>& progress,
                    const std::stop_token& stop) {
    return HostRun(space, runtime, meter, options, progress, stop).run();
}

}  // namespace parnas::bench
