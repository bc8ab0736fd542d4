// SPDX-License-Identifier: Apache-2.0
#include "hw_models/table/kernel_timer.h"

#include <algorithm>
#include <map>
#include <unistd.h>

#include <fmt/format.h>

#include "core/quiet_machine.h"
#include "spaces/count.h"

namespace parnas::hw_models {
namespace {

// What a call of the runtime costs: the network's inputs given and given back. All of them, as
// OpenCV refuses an input that nothing reads.
spaces::Network passing_on(const spaces::Network& network) {
    spaces::Network call{.inputs = network.inputs, .symbols = network.symbols};
    for (std::size_t i = 0; i < network.inputs.size(); ++i) {
        call.nodes.push_back({.name = fmt::format("identity{}", i),
                              .op = spaces::Identity{},
                              .inputs = {static_cast<spaces::ValueId>(i)}});
        call.outputs.push_back(call.id_of(i));
    }
    return call;
}

std::int64_t second_level_cache() {
    constexpr long kUsual = 1 << 20;
    const long bytes = sysconf(_SC_LEVEL2_CACHE_SIZE);
    return bytes > 0 ? bytes : kUsual;
}

}  // namespace

std::vector<std::unique_ptr<Runner>> KernelTimer::load(const spaces::Network& network) const {
    constexpr std::int64_t kFewBytes = 64 << 10;  // are in no one's way
    constexpr std::int64_t kMostCopies = 8;
    const std::int64_t bytes = spaces::count(network).weight_bytes;
    std::int64_t copies = 1;
    if (options_.cache == CacheState::rotate && bytes >= kFewBytes)
        copies = std::clamp<std::int64_t>(2 * second_level_cache() / bytes + 1, 1, kMostCopies);
    std::vector<std::unique_ptr<Runner>> runners;
    for (std::int64_t i = 0; i < copies; ++i)
        runners.push_back(runtime_.load(network));
    return runners;
}

std::vector<Seconds> KernelTimer::time(const std::vector<const spaces::Network*>& networks,
                                       const std::stop_token& stop) {
    constexpr Seconds kLeast{1e-8};  // of what the runtime hardly does at all
    const Quiet quiet;
    const auto median = [&](const spaces::Network& network) {
        const Timing timing = meter_.measure(load(network), options_.sampling, stop);
        disturbed_ += timing.disturbed ? 1 : 0;
        return timing.times.median();
    };
    std::map<std::size_t, Seconds> calls;  // by number of inputs
    std::vector<Seconds> times;
    for (const spaces::Network* network : networks) {
        const Seconds with = median(*network);
        const auto [call, is_new] = calls.try_emplace(network->inputs.size());
        if (is_new)
            call->second = median(passing_on(*network));
        times.push_back(std::max(with - call->second, kLeast));
    }
    return times;
}

}  // namespace parnas::hw_models
