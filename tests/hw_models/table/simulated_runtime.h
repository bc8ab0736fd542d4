// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <utility>

#include "core/error.h"
#include "hw_models/measuring/runtime.h"
#include "hw_models/table/kernel_case.h"
#include "tests/hw_models/measuring/scripted.h"

namespace parnas::tests {

// A runtime on a scripted machine: a call takes 5 us, and each kernel of the network, by the
// rules that the runtime keeps, 2 us and a nanosecond per 1000 multiply-adds and per 100 bytes.
// As OpenCV, it refuses networks with inputs that no node reads.
class SimulatedRuntime final : public hw_models::Runtime {
  public:
    SimulatedRuntime(ScriptedMachine& machine, hw_models::FusionRules rules)
        : machine_(machine), rules_(rules) {
        target_ = {.name = "host/simulated/1t/fp32/nchw/b1",
                   .hardware = "scripted",
                   .runtime = "simulated 1"};
    }

    const hw_models::Target& target() const override { return target_; }

    std::unique_ptr<hw_models::Runner> load(const spaces::Network& network) const override {
        for (std::size_t i = 0; i < network.inputs.size(); ++i)
            if (!is_read(network, static_cast<spaces::ValueId>(i)))
                throw Error(ErrorKind::invalid_input, "nothing reads an input");
        const Seconds time = true_time(network);
        return std::make_unique<ScriptedRunner>(machine_, [time](int) { return time; });
    }

    Seconds true_time(const spaces::Network& network) const {
        double microseconds = 5.0;
        for (const hw_models::KernelCase& kernel : split_kernels(network, rules_).kernels)
            microseconds += 2.0 + kernel.work.multiply_adds * 1e-6 +
                            (kernel.work.bytes + kernel.work.weight_bytes) * 1e-5;
        return Seconds(microseconds * 1e-6 * slowness_);
    }

    // Whatever is loaded from now on takes so many times as long.
    void slow_down(double factor) { slowness_ = factor; }

  private:
    static bool is_read(const spaces::Network& network, spaces::ValueId value) {
        return std::ranges::any_of(network.nodes, [value](const spaces::Node& node) {
            return std::ranges::find(node.inputs, value) != node.inputs.end();
        });
    }

    ScriptedMachine& machine_;
    hw_models::FusionRules rules_;
    hw_models::Target target_;
    double slowness_ = 1.0;
};

inline hw_models::Meter scripted_meter(ScriptedMachine& machine,
                                       const hw_models::MeterOptions& options = {}) {
    using namespace std::chrono_literals;
    return {std::make_unique<ScriptedInstruments>(machine),
            [&machine] { machine.now += 2ms; },
            options};
}

}  // namespace parnas::tests
