// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <iterator>
#include <limits>
#include <span>
#include <utility>
#include <vector>

#include "search/pruner.h"

// Histories for pruners to judge.
namespace parnas::tests {

inline constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
inline constexpr double kInfinity = std::numeric_limits<double>::infinity();
inline const search::Objective kAccuracy{.metric = "accuracy", .direction = Direction::maximize};
inline const search::Objective kError{.metric = "error"};

// Steps from 0.
inline search::Curve curve(const std::vector<double>& values,
                           TrialNumber number = 0,
                           TrialState state = TrialState::complete) {
    search::Curve result{.number = number, .state = state, .points = {}};
    for (const double value : values)
        result.points.push_back({.step = std::ssize(result.points), .value = value});
    return result;
}

inline bool stops(const search::Pruner& pruner,
                  const search::Curve& trial,
                  std::span<const search::Curve> known = {}) {
    return pruner.judge(trial, known).has_value();
}

}  // namespace parnas::tests
