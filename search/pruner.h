// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/object_reader.h"
#include "core/trial.h"
#include "search/goals.h"

namespace parnas::search {

struct CurvePoint {
    std::int64_t step = 0;
    double value = 0.0;  // NaN and infinities as they were reported
};

// What a trial reported of the objective, in the objective's own direction.
struct Curve {
    TrialNumber number = 0;
    TrialState state = TrialState::running;
    std::vector<CurvePoint> points;  // ascending steps, each once; empty if it never reported
};

// Whether a trial is worth its remaining steps. A verdict is a function of the arguments
// alone: it draws nothing at random and remembers nothing, so one pruner may judge from any
// thread, and a trial that is evaluated again is judged again in the same way.
class Pruner {
  public:
    virtual ~Pruner() = default;
    // Why `trial`, which just reported its last point, is to stop; nullopt: it goes on. Of
    // `known`, every other trial that may be compared with, neither the order matters nor
    // whether `trial` is among them.
    virtual std::optional<std::string> judge(const Curve& trial,
                                             std::span<const Curve> known) const = 0;
};

// Reads its options from the job's `pruner` object.
using PrunerFactory =
    std::function<std::unique_ptr<Pruner>(ObjectReader& options, const Objective& objective)>;

}  // namespace parnas::search
