// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "search/gp/drawn_process.h"
#include "search/gp/features.h"
#include "search/gp/surrogate.h"

namespace parnas::search {

// Something that trials measure, as a function of their genotypes: an objective, or a metric
// with a limit. Neither moved nor copied.
class Quantity {
  public:
    Quantity(const Features& features, Noise noise);
    Quantity(const Quantity&) = delete;
    Quantity& operator=(const Quantity&) = delete;

    void tell(const Genotype& genotype, double value);

    const std::vector<double>& values() const { return values_; }

    // What follows needs two trials. The most probable process, learnt from what was told.
    const MaternProcess& learn();

    struct Unknown {
        Points pending;
        std::size_t draws = 1;
        Rng rng;  // for the draws
    };
    // That process after the trials `rows`, in the scale of all that were told. The trials
    // themselves are drawn too if they turn out to be noisy.
    DrawnProcess process(std::span<const std::size_t> rows, const Unknown& unknown);

    Standardised scale() const { return standardise(values_); }

  private:
    const Features& features_;
    std::vector<double> values_;
    std::vector<Eigen::RowVectorXd> points_;
    Surrogate surrogate_;
};

}  // namespace parnas::search
