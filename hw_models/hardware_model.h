// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "core/object_reader.h"
#include "core/units.h"
#include "hw_models/costs/cost_figures.h"
#include "spaces/network.h"

namespace parnas::hw_models {

// The order of an image's values in memory.
enum class Layout { nchw, nhwc };
std::string_view to_string(Layout layout);

// Hardware and runtime and setting: a latency means nothing without all of them.
struct Target {
    std::string name;      // "host/libtorch/1t/fp32/nchw/b1"
    std::string hardware;  // "Intel Xeon ...", "Raspberry Pi 5"
    std::string runtime;   // "LibTorch 1.13.1 eager", "roofline"
    int threads = 1;
    spaces::DType dtype = spaces::DType::fp32;
    std::int64_t batch = 1;
    Layout layout = Layout::nchw;
    CostFigures figures = {};  // of memory, energy and price
};

enum class Source { measured, fitted, analytic };
std::string_view to_string(Source source);

enum class EnergySource { measured, modelled };
std::string_view to_string(EnergySource source);

// Of one inference of a batch.
struct Estimate {
    Milliseconds latency{0};  // measured: the median
    Milliseconds stddev{0};   // of one inference
    Milliseconds low{0};      // 90 % interval of `latency`
    Milliseconds high{0};
    std::optional<Milliseconds> p95;         // measured: of one inference among many
    std::optional<Milliseconds> cold_start;  // measured: the first one
    std::optional<Millijoules> energy;
    EnergySource energy_source = EnergySource::measured;
    Bytes peak_memory;  // weights and activations
    Source source = Source::analytic;
    bool extrapolated = false;  // far from what the model was fitted on
    // What complete() adds (hw_models/costs/costed_model.h), as it does memory and modelled energy:
    Bytes weights;  // in the target's type
    Bytes peak_activations;
    std::optional<double> throughput_per_s;  // inferences, while there is work
    std::optional<double> cost_per_million;  // inferences, in the currency of the target's price
};

// What the latency does not exceed with this probability, in (0, 1): lognormal on either side of
// the median, with 5 and 95 % at the ends of the interval.
Milliseconds latency_quantile(const Estimate& estimate, double probability);

// What a network costs on a target. Const and thread-safe. Monotone in width and depth; a
// batch of networks gives what each alone gives.
class HardwareModel {
  public:
    virtual ~HardwareModel() = default;
    virtual const Target& target() const = 0;
    // Everything that decides an estimate; part of the key under which results are reused.
    virtual std::string fingerprint() const = 0;
    // One estimate per network. Throws Error(invalid_input) for a network that the target
    // cannot run, Error(unavailable) when stopped.
    virtual std::vector<Estimate> estimate(std::span<const spaces::Network* const> networks,
                                           const std::stop_token& stop) const = 0;
};

// Reads its options from the job's `target` object and its files relative to `base`.
using HardwareModelFactory =
    std::function<std::unique_ptr<HardwareModel>(ObjectReader& options,
                                                 const std::filesystem::path& base)>;

}  // namespace parnas::hw_models
