// SPDX-License-Identifier: Apache-2.0
#include "hw_models/measuring/calibration.h"

#include <algorithm>
#include <memory>
#include <unistd.h>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/quiet_machine.h"
#include "hw_models/measuring/triad.h"
#include "spaces/dtype.h"

namespace parnas::hw_models {
namespace {

using namespace spaces;

constexpr std::int64_t kSize = 1024;  // of the matrices that are multiplied

Network product() {
    return {.inputs = {{.name = "vectors", .shape = {kSize, kSize}}},
            .nodes = {{.name = "linear", .op = Linear{.out = kSize, .bias = false}, .inputs = {0}}},
            .outputs = {1}};
}

// Activations of eight numbers, one after the other.
Network activations(std::int32_t length) {
    Network network{.inputs = {{.name = "numbers", .shape = {8}}}};
    for (std::int32_t i = 0; i < length; ++i)
        network.nodes.push_back({.name = fmt::format("act{}", i),
                                 .op = Activation{ActivationKind::sigmoid},
                                 .inputs = {i}});
    network.outputs = {length};
    return network;
}

// `work` per second in units of 10^9.
Spread rate(const TimeSample& times, double work) {
    const auto at = [&](double share) { return work / times.quantile(share).count() * 1e-9; };
    return {.p10 = at(0.9), .median = at(0.5), .p90 = at(0.1)};
}

std::size_t cache_bytes(int name, std::size_t otherwise) {
    const long bytes = sysconf(name);
    return bytes > 0 ? static_cast<std::size_t>(bytes) : otherwise;
}

class Calibrator {
  public:
    Calibrator(const Runtime& runtime,
               Meter& meter,
               const CalibrationOptions& options,
               const std::stop_token& stop)
        : runtime_(runtime), meter_(meter), options_(options), stop_(stop) {}

    Calibration run() {
        constexpr std::size_t kMiB = std::size_t{1} << 20U;
        constexpr std::size_t kMostBytes = 512 * kMiB;
        const std::size_t second = cache_bytes(_SC_LEVEL2_CACHE_SIZE, kMiB);
        const std::size_t last = cache_bytes(_SC_LEVEL3_CACHE_SIZE, 32 * kMiB);
        const auto threads = static_cast<std::size_t>(runtime_.target().threads);
        Calibration found{.target = runtime_.target()};
        found.peak_gflops = certain("the speed of matrix products", gemm());
        found.memory_gb_per_s =
            certain("the memory's speed", triad(std::min(4 * last, kMostBytes)));
        found.cache_gb_per_s = certain("the cache's speed", triad(second / 2 * threads));
        found.kernel_overhead_us = certain("the cost of an op", overhead());
        return found;
    }

  private:
    Spread certain(std::string_view what, const Spread& spread) const {
        if (!(spread.relative() <= options_.most_spread))
            throw Error(ErrorKind::unavailable,
                        fmt::format("{} varies by {:.0f} %, more than {:.0f} %: measure again on "
                                    "a quiet machine, or allow more with --spread",
                                    what,
                                    100.0 * spread.relative(),
                                    100.0 * options_.most_spread));
        return spread;
    }

    TimeSample times(std::unique_ptr<Runner> runner) {
        std::vector<std::unique_ptr<Runner>> runners;
        runners.push_back(std::move(runner));
        const Quiet quiet;
        return meter_.measure(runners, options_.sampling, stop_).times;
    }

    Spread gemm() {
        const double products = static_cast<double>(kSize * kSize * kSize);
        const double flops = 2.0 * products * static_cast<double>(runtime_.target().batch);
        return rate(times(runtime_.load(product())), flops);
    }

    Spread triad(std::size_t bytes) {
        auto runner = std::make_unique<Triad>(bytes, runtime_.target().threads);
        const double moved = runner->bytes_moved();
        return rate(times(std::move(runner)), moved);
    }

    Spread overhead() {
        constexpr std::int32_t kLong = 65;
        const TimeSample many = times(runtime_.load(activations(kLong)));
        const Seconds one = times(runtime_.load(activations(1))).median();
        const auto at = [&](double share) {
            return (many.quantile(share) - one).count() * 1e6 / (kLong - 1);
        };
        return {.p10 = at(0.1), .median = at(0.5), .p90 = at(0.9)};
    }

    const Runtime& runtime_;
    Meter& meter_;
    const CalibrationOptions& options_;
    const std::stop_token& stop_;
};

Json to_json(const Spread& spread) {
    return {{"p10", spread.p10}, {"median", spread.median}, {"p90", spread.p90}};
}

}  // namespace

Calibration calibrate(const Runtime& runtime,
                      Meter& meter,
                      const CalibrationOptions& options,
                      const std::stop_token& stop) {
    return Calibrator(runtime, meter, options, stop).run();
}

Json to_profile(const Calibration& calibration,
                const std::string& name,
                const CalibrationOptions& options) {
    const Target& target = calibration.target;
    return {{"name", name},
            {"provenance", "calibrated"},
            {"source", fmt::format("{}, measured with {}", target.name, options.tool)},
            {"date", options.date},
            {"hardware", target.hardware},
            {"runtime", target.runtime},
            {"threads", target.threads},
            {"dtype", spaces::to_string(target.dtype)},
            {"batch", target.batch},
            {"peak_gflops", calibration.peak_gflops.median},
            {"memory_gb_per_s", calibration.memory_gb_per_s.median},
            {"kernel_overhead_us", calibration.kernel_overhead_us.median},
            {"calibration",
             {{"tool", options.tool},
              {"peak_gflops", to_json(calibration.peak_gflops)},
              {"memory_gb_per_s", to_json(calibration.memory_gb_per_s)},
              {"cache_gb_per_s", to_json(calibration.cache_gb_per_s)},
              {"kernel_overhead_us", to_json(calibration.kernel_overhead_us)}}}};
}

}  // namespace parnas::hw_models
