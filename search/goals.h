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

// Upper bounds by metric. A limit on latency_ms is one on latency_upper_ms where a trial has that.
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

// What the latency does not exceed with the confidence that the limits are to hold with.
inline constexpr std::string_view kLatencyUpper = "latency_upper_ms";
// From a predicted latency and its interval; none where a trial has no such metrics.
std::optional<double> latency_upper_ms(const Metrics& metrics, double confidence);

// The figure that a limit on `metric` is compared with; end() if there is none.
Metrics::const_iterator judged_metric(const std::string& metric, const Metrics& metrics);

// "latency_ms 3.2 is over the limit of 2", one phrase for each limit that is broken;
// nullopt if none is.
std::optional<std::string> describe_violation(const Limits& limits, const Metrics& metrics);

}  // namespace parnas::search
