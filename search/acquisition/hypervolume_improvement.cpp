// SPDX-License-Identifier: Apache-2.0
#include "search/acquisition/hypervolume_improvement.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/error.h"
#include "search/acquisition/shortfall.h"

namespace parnas::search {
namespace {

constexpr double kUnbounded = std::numeric_limits<double>::infinity();

// What lies below this is summed as logarithms.
constexpr double kTiny = 1e-200;

using Numbers = std::span<const double>;
using Shortfalls = std::vector<std::vector<Shortfall>>;  // by objective and level

template <typename Function>
Shortfalls at_levels(const BoxDecomposition& boxes,
                     Numbers mean,
                     Numbers stddev,
                     Function shortfall) {
    Shortfalls result(boxes.objectives());
    for (std::size_t j = 0; j < result.size(); ++j)
        for (const double level : boxes.levels(j))
            result[j].push_back(shortfall(level, mean[j], stddev[j]));
    return result;
}

// What a candidate gains on one front, in the scale of the numbers or in that of logarithms.
struct FrontGain {
    double value = 0.0;
    std::vector<double> by_mean;
    std::vector<double> by_stddev;
};

FrontGain no_gain(std::size_t objectives, double value) {
    return {.value = value,
            .by_mean = std::vector<double>(objectives, 0.0),
            .by_stddev = std::vector<double>(objectives, 0.0)};
}

double plain_sum(const BoxDecomposition& boxes, const Shortfalls& levels) {
    double sum = 0.0;
    for (std::size_t i = 0; i < boxes.size(); ++i) {
        const std::span<const std::uint32_t> box = boxes.box(i);
        double product = 1.0;
        for (std::size_t j = 0; j < levels.size(); ++j)
            product *= levels[j][box[2 * j + 1]].value - levels[j][box[2 * j]].value;
        sum += product;
    }
    return sum;
}

FrontGain plain_gain(const BoxDecomposition& boxes, const Shortfalls& levels) {
    const std::size_t objectives = levels.size();
    FrontGain gain = no_gain(objectives, 0.0);
    for (std::size_t i = 0; i < boxes.size(); ++i) {
        const std::span<const std::uint32_t> box = boxes.box(i);
        const auto high = [&](std::size_t j) -> const Shortfall& {
            return levels[j][box[2 * j + 1]];
        };
        const auto low = [&](std::size_t j) -> const Shortfall& { return levels[j][box[2 * j]]; };
        double product = 1.0;
        for (std::size_t j = 0; j < objectives; ++j)
            product *= high(j).value - low(j).value;
        gain.value += product;
        for (std::size_t j = 0; j < objectives; ++j) {
            double others = 1.0;
            for (std::size_t k = 0; k < objectives; ++k)
                if (k != j)
                    others *= high(k).value - low(k).value;
            gain.by_mean[j] += others * (high(j).by_mean - low(j).by_mean);
            gain.by_stddev[j] += others * (high(j).by_stddev - low(j).by_stddev);
        }
    }
    return gain;
}

// The logarithm of high - low, with its derivatives, of their logarithms.
Shortfall log_difference(const Shortfall& high, const Shortfall& low) {
    const double ratio = std::exp(low.value - high.value);
    const double rest = -std::expm1(low.value - high.value);
    if (!(rest > 0.0))
        return {.value = -kUnbounded};
    return {.value = high.value + std::log(rest),
            .by_mean = (high.by_mean - ratio * low.by_mean) / rest,
            .by_stddev = (high.by_stddev - ratio * low.by_stddev) / rest};
}

// The sum as a logarithm.
FrontGain log_gain(const BoxDecomposition& boxes, const Shortfalls& logs) {
    const std::size_t objectives = logs.size();
    if (boxes.size() == 0)
        return no_gain(objectives, -kUnbounded);
    std::vector<Shortfall> sides(boxes.size() * objectives);
    std::vector<double> products(boxes.size(), 0.0);
    for (std::size_t i = 0; i < boxes.size(); ++i) {
        const std::span<const std::uint32_t> box = boxes.box(i);
        for (std::size_t j = 0; j < objectives; ++j) {
            const Shortfall side = log_difference(logs[j][box[2 * j + 1]], logs[j][box[2 * j]]);
            sides[i * objectives + j] = side;
            products[i] += side.value;
        }
    }
    const double largest = std::ranges::max(products);
    FrontGain gain = no_gain(objectives, largest);
    if (largest == -kUnbounded)
        return gain;
    double sum = 0.0;
    for (std::size_t i = 0; i < boxes.size(); ++i) {
        const double share = std::exp(products[i] - largest);
        sum += share;
        for (std::size_t j = 0; share > 0.0 && j < objectives; ++j) {
            gain.by_mean[j] += share * sides[i * objectives + j].by_mean;
            gain.by_stddev[j] += share * sides[i * objectives + j].by_stddev;
        }
    }
    gain.value += std::log(sum);
    for (std::size_t j = 0; j < objectives; ++j) {
        gain.by_mean[j] /= sum;
        gain.by_stddev[j] /= sum;
    }
    return gain;
}

FrontGain log_gain(const BoxDecomposition& boxes, Numbers mean, Numbers stddev) {
    return log_gain(boxes, at_levels(boxes, mean, stddev, log_expected_shortfall));
}

double log_gain_value(const BoxDecomposition& boxes, Numbers mean, Numbers stddev) {
    const double sum = plain_sum(boxes, at_levels(boxes, mean, stddev, expected_shortfall));
    return sum > kTiny ? std::log(sum) : log_gain(boxes, mean, stddev).value;
}

FrontGain log_gain_with_derivatives(const BoxDecomposition& boxes, Numbers mean, Numbers stddev) {
    FrontGain gain = plain_gain(boxes, at_levels(boxes, mean, stddev, expected_shortfall));
    if (!(gain.value > kTiny))
        return log_gain(boxes, mean, stddev);
    for (std::size_t j = 0; j < mean.size(); ++j) {
        gain.by_mean[j] /= gain.value;
        gain.by_stddev[j] /= gain.value;
    }
    gain.value = std::log(gain.value);
    return gain;
}

}  // namespace

ExpectedHypervolumeImprovement::ExpectedHypervolumeImprovement(std::span<const PointRows> fronts,
                                                               const Region& region) {
    check(!fronts.empty(), "expected hypervolume improvement: no front");
    for (const PointRows& front : fronts)
        fronts_.emplace_back(front, region);
}

LogImprovement ExpectedHypervolumeImprovement::log_improvement(Numbers mean, Numbers stddev) const {
    const std::size_t objectives = fronts_.front().objectives();
    check(mean.size() == fronts_.size() * objectives && stddev.size() == objectives,
          "expected hypervolume improvement: a mean per draw and objective is needed");
    std::vector<FrontGain> gains;
    double largest = -kUnbounded;
    for (std::size_t draw = 0; draw < fronts_.size(); ++draw) {
        gains.push_back(log_gain_with_derivatives(
            fronts_[draw], mean.subspan(draw * objectives, objectives), stddev));
        largest = std::max(largest, gains.back().value);
    }
    LogImprovement result{.value = largest,
                          .by_mean = std::vector<double>(mean.size(), 0.0),
                          .by_stddev = std::vector<double>(objectives, 0.0)};
    if (largest == -kUnbounded)
        return result;
    double sum = 0.0;
    for (const FrontGain& gain : gains)
        sum += std::exp(gain.value - largest);
    for (std::size_t draw = 0; draw < gains.size(); ++draw) {
        const double share = std::exp(gains[draw].value - largest) / sum;
        for (std::size_t j = 0; share > 0.0 && j < objectives; ++j) {
            result.by_mean[draw * objectives + j] = share * gains[draw].by_mean[j];
            result.by_stddev[j] += share * gains[draw].by_stddev[j];
        }
    }
    result.value += std::log(sum / static_cast<double>(gains.size()));
    return result;
}

double ExpectedHypervolumeImprovement::log_value(Numbers mean, Numbers stddev) const {
    const std::size_t objectives = fronts_.front().objectives();
    check(mean.size() == fronts_.size() * objectives && stddev.size() == objectives,
          "expected hypervolume improvement: a mean per draw and objective is needed");
    std::vector<double> values;
    for (std::size_t draw = 0; draw < fronts_.size(); ++draw)
        values.push_back(
            log_gain_value(fronts_[draw], mean.subspan(draw * objectives, objectives), stddev));
    const double largest = std::ranges::max(values);
    if (largest == -kUnbounded)
        return largest;
    double sum = 0.0;
    for (const double value : values)
        sum += std::exp(value - largest);
    return largest + std::log(sum / static_cast<double>(values.size()));
}

}  // namespace parnas::search
