// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <stop_token>
#include <vector>

#include "core/error.h"
#include "hw_models/hardware_model.h"

namespace parnas::hw_models {

// HardwareModel::estimate() of a model that looks at one network after another: `estimate` makes
// the Estimate of a Network.
template <typename EstimateOne>
std::vector<Estimate> estimate_each(std::span<const spaces::Network* const> networks,
                                    const Target& target,
                                    const std::stop_token& stop,
                                    EstimateOne estimate) {
    std::vector<Estimate> estimates;
    estimates.reserve(networks.size());
    for (const spaces::Network* network : networks) {
        if (stop.stop_requested())
            throw Error(ErrorKind::unavailable, "stopped", target.name);
        estimates.push_back(estimate(*network));
    }
    return estimates;
}

}  // namespace parnas::hw_models
