// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <vector>

#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "bench/micro/micro.h"
#include "hw_models/fitting/fitted_model.h"
#include "hw_models/roofline.h"
#include "spaces/load.h"

namespace parnas::bench {
namespace {

std::unique_ptr<hw_models::HardwareModel> make_model() {
    Faults faults;
    const Json options{{"profile", "raspberry-pi-5"}};
    ObjectReader reader(options, "/target", faults);
    auto model = hw_models::make_roofline_model(reader, {}, hw_models::TargetLibrary{});
    faults.throw_if_any();
    return model;
}

// As many networks of the space `mobile` at once.
void roofline(benchmark::State& state) {
    const auto model = make_model();
    const auto space = spaces::load_space("mobile", {});
    std::vector<std::shared_ptr<const spaces::Network>> networks;
    std::vector<const spaces::Network*> batch;
    Rng rng(1);
    for (std::int64_t i = 0; i < state.range(0); ++i) {
        networks.push_back(space->decode(spaces::sample_feasible(*space, rng)).network);
        batch.push_back(networks.back().get());
    }
    for (auto _ : state)
        benchmark::DoNotOptimize(model->estimate(batch, {}));
    state.SetItemsProcessed(state.iterations() * state.range(0));
}

using Networks = std::vector<std::shared_ptr<const spaces::Network>>;

Networks draw(const std::string& name, std::int64_t count) {
    const auto space = spaces::load_space(name, {});
    Networks networks;
    Rng rng(1);
    for (std::int64_t i = 0; i < count; ++i)
        networks.push_back(space->decode(spaces::sample_feasible(*space, rng)).network);
    return networks;
}

std::vector<const spaces::Network*> pointers(const Networks& networks) {
    std::vector<const spaces::Network*> result;
    for (const auto& network : networks)
        result.push_back(network.get());
    return result;
}

// As a predictor of the roofline.
hw_models::PredictorDocument fit_to_roofline(const std::vector<const spaces::Network*>& networks,
                                             std::size_t samples) {
    const std::vector<hw_models::Estimate> estimates = make_model()->estimate(networks, {});
    std::vector<hw_models::Measured> measured;
    for (std::size_t i = 0; i < samples; ++i)
        measured.push_back({.network = networks[i], .latency = estimates[i].latency});
    return hw_models::fit_networks(
        {.name = "fitted", .hardware = "none", .runtime = "roofline"}, measured, networks);
}

// A batch of 1,000 networks by a model of so many samples.
void fitted(benchmark::State& state, const std::string& space) {
    const Networks networks = draw(space, 1000);
    const auto batch = pointers(networks);
    const auto model = hw_models::make_fitted_model(
        fit_to_roofline(batch, static_cast<std::size_t>(state.range(0))));
    std::size_t nodes = 0;
    for (const spaces::Network* network : batch)
        nodes += network->nodes.size();
    for (auto _ : state)
        benchmark::DoNotOptimize(model->estimate(batch, {}));
    state.SetItemsProcessed(state.iterations() * 1000);
    state.counters["nodes"] = static_cast<double>(nodes) / 1000.0;
}

// From so many measurements and 200 networks of the space, with features.
void fit(benchmark::State& state) {
    const Networks networks = draw("mobile", 200);
    const auto batch = pointers(networks);
    for (auto _ : state)
        benchmark::DoNotOptimize(fit_to_roofline(batch, static_cast<std::size_t>(state.range(0))));
}

}  // namespace

void add_hw_models_benchmarks() {
    benchmark::RegisterBenchmark("hw_models/roofline/mobile", roofline)->Arg(1)->Arg(64);
    for (const char* space : {"mobile", "cell201"})
        benchmark::RegisterBenchmark(fmt::format("hw_models/fitted/{}", space).c_str(),
                                     [space](benchmark::State& state) { fitted(state, space); })
            ->Arg(20)
            ->Arg(150);
    benchmark::RegisterBenchmark("hw_models/fit", fit)->Arg(10)->Arg(25)->Arg(150);
}

}  // namespace parnas::bench
