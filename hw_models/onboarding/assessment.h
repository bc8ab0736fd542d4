// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

#include "hw_models/fitting/predictor_document.h"
#include "spaces/network.h"

namespace parnas::hw_models {

// Between which ends a share lies, as far as some trials tell: Wilson's score interval for 90 %
// (JASA 22, 1927).
struct ShareInterval {
    double low = 0.0;
    double high = 1.0;
};
ShareInterval share_interval(double share, std::int64_t trials);

// What is to be expected of a predictor in its space, and whether that is enough. Errors and widths
// are relative to the latency.
struct Assessment {
    std::int64_t samples = 0;
    double mean_error = 0.0;  // of the samples, each left out of its own prediction
    double within_10 = 0.0;   // share of these
    ShareInterval within_10_interval;
    double half_width = 0.0;      // of the 90 % interval: the median over the space
    double extrapolated = 0.0;    // share of the space
    double interval_error = 0.0;  // that the intervals stand for: the mean over the space
    double expected_error = 0.0;  // of a network of the space that was not measured
    bool enough = false;
    std::int64_t more = 0;  // probes that may suffice; 0 if it is enough
};

// `space`: some hundred networks of it. `most_error`: what the expected error may be, > 0. Enough
// is what meets that with at most a tenth of the space extrapolated.
//
// The error to expect is the larger one of mean_error, which is of few samples and of unusual ones,
// and interval_error, the mean size of errors that are normal and as wide as the intervals. How
// many probes may suffice follows from errors that fall as the square root of their number, and is
// never more than as many again: then is the time to look anew.
Assessment assess(const PredictorDocument& document,
                  std::span<const spaces::Network* const> space,
                  double most_error);

}  // namespace parnas::hw_models
