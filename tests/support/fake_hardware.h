// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <functional>
#include <span>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "core/error.h"
#include "hw_models/hardware_model.h"

namespace parnas::tests {

// A function of the network as a hardware model; counts what it was asked.
class FakeHardwareModel final : public hw_models::HardwareModel {
  public:
    explicit FakeHardwareModel(std::function<double(const spaces::Network&)> latency_ms)
        : latency_ms_(std::move(latency_ms)) {
        target_.name = "fake";
    }

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

}  // namespace parnas::tests
