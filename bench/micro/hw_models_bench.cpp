// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <vector>

#include <benchmark/benchmark.h>
#include <nlohmann/json.hpp>

#include "bench/micro/micro.h"
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

}  // namespace

void add_hw_models_benchmarks() {
    benchmark::RegisterBenchmark("hw_models/roofline/mobile", roofline)->Arg(1)->Arg(64);
}

}  // namespace parnas::bench
