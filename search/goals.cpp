// SPDX-License-Identifier: Apache-2.0
#include "search/goals.h"

#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "hw_models/hardware_model.h"

namespace parnas::search {
namespace {

template <typename Visit>
void for_each_broken(const Limits& limits, const Metrics& metrics, const Visit& visit) {
    for (const auto& [metric, limit] : limits) {
        const auto found = judged_metric(metric, metrics);
        if (found != metrics.end() && !(found->second <= limit))
            visit(found->first, found->second, limit);
    }
}

}  // namespace

std::variant<std::vector<double>, Failure> objective_values(
    const std::vector<Objective>& objectives,
    const Metrics& metrics) {
    std::vector<double> values;
    for (const Objective& objective : objectives) {
        const auto found = metrics.find(objective.metric);
        if (found == metrics.end())
            return Failure{FailureKind::crashed,
                           fmt::format("the evaluation gave no '{}'", objective.metric)};
        if (!std::isfinite(found->second))
            return Failure{FailureKind::diverged,
                           fmt::format("{} is {}", objective.metric, found->second)};
        values.push_back(found->second);
    }
    return values;
}

std::vector<double> minimised(const std::vector<Objective>& objectives,
                              std::vector<double> values) {
    for (std::size_t i = 0; i < values.size(); ++i)
        if (objectives[i].direction == Direction::maximize)
            values[i] = -values[i];
    return values;
}

double violation(const Limits& limits, const Metrics& metrics) {
    double sum = 0.0;
    for_each_broken(limits, metrics, [&](const std::string&, double value, double limit) {
        const double excess = (value - limit) / (limit == 0.0 ? 1.0 : std::abs(limit));
        sum += std::isnan(excess) ? std::numeric_limits<double>::infinity() : excess;
    });
    return sum;
}

Metrics::const_iterator judged_metric(const std::string& metric, const Metrics& metrics) {
    const auto upper = metric == "latency_ms" ? metrics.find(kLatencyUpper) : metrics.end();
    return upper != metrics.end() ? upper : metrics.find(metric);
}

std::optional<double> latency_upper_ms(const Metrics& metrics, double confidence) {
    const auto latency = metrics.find("latency_ms");
    const auto low = metrics.find("latency_low_ms");
    const auto high = metrics.find("latency_high_ms");
    if (latency == metrics.end() || low == metrics.end() || high == metrics.end())
        return std::nullopt;
    return hw_models::latency_quantile({.latency = Milliseconds(latency->second),
                                        .low = Milliseconds(low->second),
                                        .high = Milliseconds(high->second)},
                                       confidence)
        .count();
}

std::optional<std::string> describe_violation(const Limits& limits, const Metrics& metrics) {
    std::string text;
    for_each_broken(limits, metrics, [&](const std::string& metric, double value, double limit) {
        text += fmt::format(
            "{}{} {} is over the limit of {}", text.empty() ? "" : "; ", metric, value, limit);
    });
    return text.empty() ? std::nullopt : std::optional(text);
}

}  // namespace parnas::search
