// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/trial.h"

namespace parnas::search {

struct Objective {
    std::string metric;
    Direction direction = Direction::minimize;

    bool operator==(const Objective&) const = default;
};

// Upper bounds by metric.
using Limits = std::map<std::string, double, std::less<>>;

// One value per objective, in the metric's own direction; or why there is none: a metric
// is missing (crashed) or not finite (diverged).
std::variant<std::vector<double>, Failure> objective_values(
    const std::vector<Objective>& objectives,
    const Metrics& metrics);

// Maximised values negated: what samplers and the archive see. Its own inverse.
std::vector<double> minimised(const std::vector<Objective>& objectives, std::vector<double> values);

// The sum of relative excesses over the limits; 0 if all are met. Metrics that are missing
// count as met, NaN as infinitely far off.
double violation(const Limits& limits, const Metrics& metrics);

// "latency_ms 3.2 is over the limit of 2", one phrase for each limit that is broken;
// nullopt if none is.
std::optional<std::string> describe_violation(const Limits& limits, const Metrics& metrics);

}  // namespace parnas::search
