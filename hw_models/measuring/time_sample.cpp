// SPDX-License-Identifier: Apache-2.0
#include "hw_models/measuring/time_sample.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "core/error.h"

namespace parnas::hw_models {

TimeSample::TimeSample(std::vector<Seconds> times) : sorted_(std::move(times)) {
    check(!sorted_.empty(), "a sample of times has one");
    std::ranges::sort(sorted_);
}

Seconds TimeSample::quantile(double share) const {
    const double place = share * static_cast<double>(sorted_.size() - 1);
    const auto below = static_cast<std::size_t>(place);
    const std::size_t above = std::min(below + 1, sorted_.size() - 1);
    return sorted_[below] + (place - std::floor(place)) * (sorted_[above] - sorted_[below]);
}

TimeInterval TimeSample::median_interval(double normal) const {
    const auto count = static_cast<double>(sorted_.size());
    const double reach = normal * std::sqrt(count) / 2.0;
    const auto at = [&](double rank) {
        return sorted_[static_cast<std::size_t>(std::clamp(rank, 0.0, count - 1.0))];
    };
    return {at(std::floor(count / 2.0 - reach)), at(std::ceil(count / 2.0 + reach))};
}

Seconds TimeSample::deviation() const {
    const Seconds middle = median();
    std::vector<Seconds> distances;
    for (const Seconds time : sorted_)
        distances.push_back(time > middle ? time - middle : middle - time);
    return TimeSample(std::move(distances)).median();
}

Seconds TimeSample::interquartile_mean() const {
    const auto quarter = static_cast<std::ptrdiff_t>(sorted_.size() / 4);
    const auto first = sorted_.begin() + quarter;
    const auto last = sorted_.end() - quarter;
    return std::accumulate(first, last, Seconds{0}) / static_cast<double>(last - first);
}

bool TimeSample::bimodal() const {
    constexpr double kApart = 0.03;
    return std::abs(interquartile_mean() / median() - 1.0) > kApart;
}

}  // namespace parnas::hw_models
