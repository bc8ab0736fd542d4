// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "search/acquisition/hypervolume_improvement.h"
#include "search/gp/drawn_process.h"
#include "search/gp/maximise.h"

namespace parnas::search {

// What is known in a study with several objectives, as standardised values.
struct FrontModel {
    // Of a genotype, without a process: one value for each objective, anything for those that have
    // one; nullopt if the genotype breaks a limit.
    using KnownValues = std::function<std::optional<std::vector<double>>(const Genotype&)>;

    // A metric that has to stay below a limit.
    struct Bound {
        DrawnProcess process;  // with one draw
        double limit = 0.0;
    };

    std::vector<std::optional<DrawnProcess>> objectives;  // nullopt: known
    KnownValues known;
    // None before any trial met all limits: they are all that counts until then.
    std::optional<ExpectedHypervolumeImprovement> improvement;
    std::vector<Bound> bounds;

    std::size_t draws() const;
};

// The logarithm of the expected hypervolume improvement times the probability that all limits
// are met. Where limits are broken for certain it is infinitely low. What is known without a
// process is taken to be the same for all numbers around a genotype while they are moved.
// Refers to the model.
Acquisition make_front_acquisition(const FrontModel& model, Eigen::VectorXd lengths);

}  // namespace parnas::search
