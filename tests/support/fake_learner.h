// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "hw_models/costs/costed_model.h"
#include "hw_models/hardware_model.h"
#include "hw_models/learns.h"

namespace parnas::tests {

// A guess times the mean ratio of measured latencies to the guesses of their networks. Unsure
// until it was told `enough` measurements: within 40 %, then within 5 %.
class FakeLearner final : public hw_models::HardwareModel, public hw_models::Learns {
  public:
    using Guess = std::function<double(const spaces::Network&)>;  // ms

    explicit FakeLearner(Guess guess, std::size_t enough = 3)
        : guess_(std::move(guess)), enough_(enough) {
        target_.name = "fake";
    }

    const hw_models::Target& target() const override { return target_; }
    std::string fingerprint() const override { return "fake learner"; }
    std::vector<hw_models::Estimate> estimate(std::span<const spaces::Network* const> networks,
                                              const std::stop_token&) const override {
        std::vector<hw_models::Estimate> estimates;
        for (const spaces::Network* network : networks) {
            const Milliseconds latency(ratio_ * guess_(*network));
            const double width = told_ < enough_ ? 0.4 : 0.05;
            const hw_models::Estimate estimate{.latency = latency,
                                               .low = (1.0 - width) * latency,
                                               .high = (1.0 + width) * latency,
                                               .source = hw_models::Source::fitted};
            estimates.push_back(hw_models::complete(estimate, *network, target_));
        }
        return estimates;
    }
    std::unique_ptr<hw_models::HardwareModel> refitted(
        std::span<const hw_models::Measured> added) const override {
        auto better = std::make_unique<FakeLearner>(guess_, enough_);
        double sum = 0.0;
        for (const hw_models::Measured& each : added)
            sum += each.latency.count() / guess_(*each.network);
        better->told_ = told_ + added.size();
        better->ratio_ = added.empty() ? ratio_ : sum / static_cast<double>(added.size());
        return better;
    }

  private:
    hw_models::Target target_;
    Guess guess_;
    std::size_t enough_;
    std::size_t told_ = 0;
    double ratio_ = 1.0;
};

}  // namespace parnas::tests
