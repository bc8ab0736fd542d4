// SPDX-License-Identifier: Apache-2.0
#include "hw_models/hardware_model.h"

#include <boost/math/special_functions/erf.hpp>
#include <cmath>

namespace parnas::hw_models {

std::string_view to_string(Layout layout) {
    return layout == Layout::nhwc ? "nhwc" : "nchw";
}

std::string_view to_string(Source source) {
    switch (source) {
        case Source::measured:
            return "measured";
        case Source::fitted:
            return "fitted";
        case Source::analytic:
            break;
    }
    return "analytic";
}

std::string_view to_string(EnergySource source) {
    return source == EnergySource::measured ? "measured" : "modelled";
}

Milliseconds latency_quantile(const Estimate& estimate, double probability) {
    constexpr double kNormal95 = 1.6448536269514722;
    const double z = std::sqrt(2.0) * boost::math::erf_inv(2.0 * probability - 1.0);
    const Milliseconds end = z < 0.0 ? estimate.low : estimate.high;
    if (end == estimate.latency)
        return estimate.latency;
    return estimate.latency * std::pow(end / estimate.latency, std::abs(z) / kNormal95);
}

}  // namespace parnas::hw_models
