// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>

#include "search/pruners/curves.h"

namespace parnas::search {

struct ThresholdOptions {
    std::optional<double> lower;
    std::optional<double> upper;
    Schedule schedule;
};

ThresholdOptions read_threshold(ObjectReader& options);

// A trial stops if what it reported last is below `lower`, above `upper` or NaN, whatever the
// objective's direction. As Optuna's ThresholdPruner.
std::unique_ptr<Pruner> make_threshold_pruner(const ThresholdOptions& options,
                                              const Objective& objective);

}  // namespace parnas::search
