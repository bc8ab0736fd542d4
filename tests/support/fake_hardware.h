// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "core/error.h"
#include "hw_models/hardware_model.h"
#include "hw_models/measuring/runtime.h"
#include "spaces/count.h"
#include "spaces/shapes.h"

namespace parnas::tests {

// A function of the network as a hardware model; counts what it was asked.
class FakeHardwareModel final : public hw_models::HardwareModel {
  public:
    explicit FakeHardwareModel(std::function<double(const spaces::Network&)> latency_ms,
                               hw_models::Target target = {.name = "fake"})
        : target_(std::move(target)), latency_ms_(std::move(latency_ms)) {}

    const hw_models::Target& target() const override { return target_; }
    std::string fingerprint() const override { return "fake target"; }
    std::vector<hw_models::Estimate> estimate(std::span<const spaces::Network* const> networks,
                                              const std::stop_token& stop) const override {
        std::vector<hw_models::Estimate> estimates;
        for (const spaces::Network* network : networks) {
            if (stop.stop_requested())
                throw Error(ErrorKind::unavailable, "stopped");
            ++asked_;
            const Milliseconds latency(latency_ms_(*network));
            estimates.push_back({.latency = latency, .low = 0.9 * latency, .high = 1.1 * latency});
        }
        return estimates;
    }
    int asked() const { return asked_; }

  private:
    hw_models::Target target_;
    std::function<double(const spaces::Network&)> latency_ms_;
    mutable std::atomic<int> asked_ = 0;
};

// Counts to a network's number of multiply-adds.
class FakeRuntime final : public hw_models::Runtime {
  public:
    FakeRuntime() { target_.name = "host/counting/1t/fp32/nchw/b1"; }

    const hw_models::Target& target() const override { return target_; }
    std::unique_ptr<hw_models::Runner> load(const spaces::Network& network) const override {
        spaces::infer_shapes(network);
        return std::make_unique<Counting>(spaces::count(network).multiply_adds);
    }

  private:
    class Counting final : public hw_models::Runner {
      public:
        explicit Counting(std::int64_t steps) : steps_(steps) {}
        void run() override {
            for (std::int64_t i = 0; i < steps_; ++i)
                count_ = count_ + 1;
        }

      private:
        std::int64_t steps_;
        volatile std::int64_t count_ = 0;
    };

    hw_models::Target target_;
};

}  // namespace parnas::tests
