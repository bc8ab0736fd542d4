// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

#include "core/trial.h"

namespace parnas::hw_models {

struct TimeInterval {
    Seconds low{0};
    Seconds high{0};
};

// Repeated times of one thing, and what they say without an assumption about their
// distribution, which has a long tail as a rule.
class TimeSample {
  public:
    // At least one time.
    explicit TimeSample(std::vector<Seconds> times);

    std::size_t size() const { return sorted_.size(); }
    Seconds least() const { return sorted_.front(); }
    // Linear between order statistics; `share` in [0, 1].
    Seconds quantile(double share) const;
    Seconds median() const { return quantile(0.5); }
    // Where the median of all times lies, of which these are some: between the order statistics
    // n/2 -+ z sqrt(n)/2. `normal`: z, 1.645 for 90 % and 1.960 for 95 %.
    TimeInterval median_interval(double normal) const;
    // The median absolute deviation from the median; 1.4826 times it estimates the standard
    // deviation of a normal distribution.
    Seconds deviation() const;
    // Of the half in the middle.
    Seconds interquartile_mean() const;
    // Whether that mean is more than 3 % away from the median: the times have two modes, and
    // the median may jump between them.
    bool bimodal() const;

  private:
    std::vector<Seconds> sorted_;
};

}  // namespace parnas::hw_models
