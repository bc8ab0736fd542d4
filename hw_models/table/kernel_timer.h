// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <stop_token>
#include <vector>

#include "hw_models/measuring/meter.h"
#include "hw_models/measuring/runtime.h"

namespace parnas::hw_models {

enum class CacheState { rotate, warm };

// Times small networks on a runtime without what a call of it costs. Belongs to one thread.
class KernelTimer {
  public:
    struct Options {
        SamplingOptions sampling{.budget = Seconds{0.3}, .narrow = 0.01, .fewest = 30};
        // rotate: as many copies run in turn as have twice the second-level cache's bytes of
        // weights (8 at most): weights are as cold as in a network that does not fit.
        CacheState cache = CacheState::rotate;
    };

    KernelTimer(const Runtime& runtime, Meter& meter, Options options)
        : runtime_(runtime), meter_(meter), options_(options) {}

    // One after the other; holds a Quiet meanwhile. Times are above zero.
    std::vector<Seconds> time(const std::vector<const spaces::Network*>& networks,
                              const std::stop_token& stop);
    Seconds time(const spaces::Network& network, const std::stop_token& stop) {
        return time(std::vector{&network}, stop).front();
    }
    int disturbed() const { return disturbed_; }

  private:
    std::vector<std::unique_ptr<Runner>> load(const spaces::Network& network) const;

    const Runtime& runtime_;
    Meter& meter_;
    Options options_;
    int disturbed_ = 0;
};

}  // namespace parnas::hw_models
