// SPDX-License-Identifier: Apache-2.0
#include "search/gp/targets.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "search/gp/posterior.h"

namespace parnas::search {
namespace {

// Spreads above the median up to which targets are linear.
constexpr double kLinear = 2.0;

// Of ascending values, at least one.
double quantile_of(const std::vector<double>& ascending, double share) {
    const double place = share * static_cast<double>(ascending.size() - 1);
    const auto below = static_cast<std::size_t>(place);
    const std::size_t above = std::min(below + 1, ascending.size() - 1);
    return std::lerp(ascending[below], ascending[above], place - std::floor(place));
}

double root_mean_square(const std::vector<double>& values) {
    double sum = 0.0;
    for (const double each : values)
        sum += each * each;
    return values.empty() ? 0.0 : std::sqrt(sum / static_cast<double>(values.size()));
}

}  // namespace

Targets::Targets(std::span<const Output> outputs) {
    std::vector<double> measured;
    for (const Output& each : outputs)
        if (each.kind == Output::Kind::measured)
            measured.push_back(each.value);
    std::ranges::sort(measured);
    if (!measured.empty()) {
        median_ = quantile_of(measured, 0.5);
        std::vector<double> good;
        for (const double each : measured)
            if (each < median_)
                good.push_back(each - median_);
        if (const double spread = root_mean_square(good); spread > 0.0)
            spread_ = spread;
    }
    std::vector<double> targets;
    for (const Output& each : outputs) {
        double value = each.value;
        if (each.kind != Output::Kind::measured)
            value = measured.empty()                    ? 0.0
                    : each.kind == Output::Kind::failed ? measured.back()
                                                        : quantile_of(measured, 0.75);
        targets.push_back(target(value));
    }
    const Standardised standard = standardise(targets);
    mean_ = standard.mean;
    stddev_ = standard.stddev;
    values_ = standard.values;
}

double Targets::target(double value) const {
    const double off = (value - median_) / spread_;
    return ((off > kLinear ? kLinear + std::log1p(off - kLinear) : off) - mean_) / stddev_;
}

double Targets::value(double target) const {
    const double off = mean_ + stddev_ * target;
    return median_ + spread_ * (off > kLinear ? kLinear + std::expm1(off - kLinear) : off);
}

Eigen::VectorXd excess_targets(std::span<const double> excesses) {
    double worst = 0.0;
    for (const double each : excesses)
        if (std::isfinite(each))
            worst = std::max(worst, std::abs(each));
    std::vector<double> targets;
    for (const double each : excesses) {
        const double finite = std::isfinite(each) ? each : worst;
        targets.push_back(std::copysign(std::log1p(std::abs(finite)), finite));
    }
    const double scale = root_mean_square(targets);
    const Eigen::Map<const Eigen::VectorXd> raw(targets.data(),
                                                static_cast<Eigen::Index>(targets.size()));
    return raw / (scale > 0.0 ? scale : 1.0);
}

}  // namespace parnas::search
