// SPDX-License-Identifier: Apache-2.0
#include "evaluators/torch/measured.h"

#include <algorithm>
#include <c10/core/InferenceMode.h>
#include <chrono>
#include <cmath>
#include <fstream>
#include <string>

#include <fmt/format.h>
#include <torch/version.h>

#include "core/error.h"
#include "core/quiet_machine.h"
#include "evaluators/torch/network_module.h"
#include "evaluators/torch/threads.h"
#include "spaces/count.h"

namespace parnas::evaluators {
namespace {

using Clock = std::chrono::steady_clock;
using hw_models::Estimate;
using hw_models::Target;

constexpr double kNarrow = 0.02;     // width of the interval, relative to the median
constexpr double kNormal90 = 1.645;  // 90 % of a normal distribution lie within this
constexpr std::size_t kFewest = 15;  // repetitions before the interval is looked at
constexpr int kWarmUp = 5;

struct Options {
    int threads = 1;
    std::int64_t batch = 1;
    double seconds = 0.5;
};

std::string cpu_name() {
    std::ifstream file("/proc/cpuinfo");
    for (std::string line; std::getline(file, line);)
        if (line.starts_with("model name"))
            if (const std::size_t colon = line.find(": "); colon != std::string::npos)
                return line.substr(colon + 2);
    return "unknown CPU";
}

Target make_target(const Options& options) {
    return {.name = fmt::format("host/libtorch/{}t/fp32/b{}", options.threads, options.batch),
            .hardware = cpu_name(),
            .runtime = "LibTorch " TORCH_VERSION " eager",
            .threads = options.threads,
            .dtype = spaces::DType::fp32,
            .batch = options.batch};
}

double median(const std::vector<double>& sorted) {
    const std::size_t half = sorted.size() / 2;
    return sorted.size() % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2.0;
}

// Median, its 90 % interval (between the order statistics n/2 -+ 1.645 sqrt(n)/2) and the
// deviation of one repetition (1.4826 times the median absolute deviation, as for a normal
// distribution).
Estimate summarise(std::vector<double> times_ms) {
    std::ranges::sort(times_ms);
    const auto count = static_cast<double>(times_ms.size());
    const double reach = kNormal90 * std::sqrt(count) / 2.0;
    const auto last = count - 1.0;
    const auto low =
        static_cast<std::size_t>(std::clamp(std::floor(count / 2.0 - reach), 0.0, last));
    const auto high =
        static_cast<std::size_t>(std::clamp(std::ceil(count / 2.0 + reach), 0.0, last));
    const double median_ms = median(times_ms);
    Estimate estimate{.latency = Milliseconds(median_ms),
                      .low = Milliseconds(times_ms[low]),
                      .high = Milliseconds(times_ms[high]),
                      .source = hw_models::Source::measured};
    for (double& time : times_ms)
        time = std::abs(time - median_ms);
    std::ranges::sort(times_ms);
    estimate.stddev = 1.4826 * Milliseconds(median(times_ms));
    return estimate;
}

bool narrow(const Estimate& estimate) {
    return estimate.high - estimate.low <= kNarrow * estimate.latency;
}

class MeasuredModel final : public hw_models::HardwareModel {
  public:
    explicit MeasuredModel(const Options& options)
        : options_(options), target_(make_target(options)) {}

    const Target& target() const override { return target_; }

    std::string fingerprint() const override {
        return fmt::format("measured@1 {} {} {} {} s",
                           target_.name,
                           target_.hardware,
                           target_.runtime,
                           options_.seconds);
    }

    std::vector<Estimate> estimate(std::span<const spaces::Network* const> networks,
                                   const std::stop_token& stop) const override {
        use_threads(options_.threads);
        std::vector<Estimate> estimates;
        for (const spaces::Network* network : networks)
            estimates.push_back(measure(*network, stop));
        return estimates;
    }

  private:
    Estimate measure(const spaces::Network& network, const std::stop_token& stop) const {
        TorchNetwork model(network, 0);
        const std::vector<at::Tensor> inputs = random_inputs(network, {.batch = options_.batch}, 0);
        const c10::InferenceMode inference;
        Estimate estimate = repeat(model, inputs, stop);
        const spaces::Count count = spaces::count(network);
        estimate.peak_memory =
            Bytes(count.weight_bytes + options_.batch * count.peak_activation_bytes);
        return estimate;
    }

    Estimate repeat(TorchNetwork& model,
                    const std::vector<at::Tensor>& inputs,
                    const std::stop_token& stop) const {
        const Quiet quiet;
        const auto once_ms = [&] {
            if (stop.stop_requested())
                throw Error(ErrorKind::unavailable, "stopped while measuring a latency");
            const Clock::time_point start = Clock::now();
            (void)model.forward(inputs, Pass{});
            return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
        };
        const Clock::time_point start = Clock::now();
        const auto time_left = [&] {
            return std::chrono::duration<double>(Clock::now() - start).count() < options_.seconds;
        };
        for (int i = 0; i < kWarmUp && (i == 0 || time_left()); ++i)
            once_ms();
        std::vector<double> times_ms;
        // Sorting costs: the interval is looked at whenever a fifth was added.
        std::size_t next_look = kFewest;
        do {
            times_ms.push_back(once_ms());
            if (times_ms.size() < next_look)
                continue;
            if (narrow(summarise(times_ms)))
                break;
            next_look += next_look / 5;
        } while (time_left());
        return summarise(std::move(times_ms));
    }

    Options options_;
    Target target_;
};

}  // namespace

std::unique_ptr<hw_models::HardwareModel> make_measured_model(ObjectReader& options,
                                                              const std::filesystem::path&) {
    Options read;
    read.threads = static_cast<int>(options.integer("threads", read.threads, {1, 1024}));
    read.batch = options.integer("batch", read.batch, {1, 65'536});
    read.seconds = options.real("seconds", read.seconds, {0.001, 3600.0});
    return std::make_unique<MeasuredModel>(read);
}

}  // namespace parnas::evaluators
