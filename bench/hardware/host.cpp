// SPDX-License-Identifier: Apache-2.0
#include "bench/hardware/host.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <memory>

#include "core/quiet_machine.h"
#include "core/rank_correlation.h"
#include "core/rng.h"
#include "hw_models/table/table_model.h"

namespace parnas::bench {
namespace {

template <typename Predicate>
double share(const std::vector<HostNetwork>& networks, const Predicate& predicate) {
    return static_cast<double>(std::ranges::count_if(networks, predicate)) /
           static_cast<double>(networks.size());
}

double error_of(const HostNetwork& network) {
    return std::abs(network.predicted / network.measured - 1.0);
}

}  // namespace

double HostFigure::share_within(double error) const {
    return share(networks, [&](const HostNetwork& each) { return error_of(each) <= error; });
}

double HostFigure::mean_error() const {
    double sum = 0.0;
    for (const HostNetwork& each : networks)
        sum += error_of(each);
    return sum / static_cast<double>(networks.size());
}

double HostFigure::coverage() const {
    return share(networks, [](const HostNetwork& each) {
        return each.low <= each.measured && each.measured <= each.high;
    });
}

double HostFigure::rho() const {
    std::vector<double> measured;
    std::vector<double> predicted;
    for (const HostNetwork& each : networks) {
        measured.push_back(each.measured.count());
        predicted.push_back(each.predicted.count());
    }
    return spearman_rho(measured, predicted).value_or(0.0);
}

HostFigure run_host(const spaces::SearchSpace& space,
                    const hw_models::Runtime& runtime,
                    hw_models::Meter& meter,
                    const HostOptions& options,
                    const std::function<void(std::string_view, double)>& progress,
                    const std::stop_token& stop) {
    const auto start = std::chrono::steady_clock::now();
    HostFigure figure{
        .target = runtime.target().name,
        .space = std::string(space.name()),
        .table = hw_models::profile_space(space, runtime, meter, options.profiler, progress, stop)};
    figure.seconds = Seconds(std::chrono::steady_clock::now() - start).count();
    const auto model = hw_models::make_table_model(figure.table);
    // Another stream than the profiler's own draws.
    Rng rng = Rng(options.seed).fork("held out");
    for (std::size_t i = 0; i < options.networks; ++i) {
        progress("held-out networks",
                 static_cast<double>(i) / static_cast<double>(options.networks));
        const auto network = space.decode(spaces::sample_feasible(space, rng)).network;
        const spaces::Network* pointer = network.get();
        const hw_models::Estimate estimate = model->estimate({&pointer, 1}, stop).at(0);
        std::vector<std::unique_ptr<hw_models::Runner>> runners;
        runners.push_back(runtime.load(*network));
        const Quiet quiet;
        const hw_models::Timing timing = meter.measure(runners, options.profiler.network, stop);
        figure.networks.push_back({.measured = timing.times.median(),
                                   .predicted = estimate.latency,
                                   .low = estimate.low,
                                   .high = estimate.high});
    }
    return figure;
}

}  // namespace parnas::bench
