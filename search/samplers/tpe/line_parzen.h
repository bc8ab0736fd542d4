// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

#include <Eigen/Core>

#include "core/rng.h"
#include "search/samplers/tpe/parzen_axis.h"
#include "search/samplers/tpe/parzen_places.h"

namespace parnas::search {

// A density over one parameter: the weighted mean of one kernel for each trial and a flat
// one. As bandwidth a kernel has the larger of the gaps to its neighbours, within the least and
// the range (Bergstra et al., NeurIPS 2011). Trials of one place lie in its middle, are neighbours
// without a gap and share their weight evenly: that moves a kernel by a tenth of its bandwidth at
// most, and costs the same however many there are.
//
// Refers to the axis. Const and thread-safe.
class LineParzen {
  public:
    LineParzen(const ParzenAxis& axis, const ParzenPlaces& places, const ParzenShape& shape);

    double log_density(double coordinate) const;
    double sample(Rng& rng) const;

  private:
    // Columns, so that all kernels are worked out at once.
    struct Kernels {
        std::vector<double> centres;
        std::vector<double> widths;
        std::vector<double> weights;
        std::vector<double> scales;  // weight over what is inside of the range, times the peak

        void add(double centre, double width, double weight, double scale);
    };

    void add_kernels(const ParzenPlaces& places, const ParzenShape& shape);
    void add(double centre, double width, double weight);
    void spread_narrow();
    double scaled(double centre, double width, double weight) const;
    double on_interval(double position) const;
    double narrow_on_interval(double position) const;
    double on_cell(std::size_t cell) const;
    double on_choice(std::size_t choice) const;

    const ParzenAxis& axis_;
    double least_ = 1.0;
    double choice_floor_ = 1.0;
    double prior_weight_ = 1.0;
    double total_ = 0.0;  // of all weights
    Kernels narrow_;      // of the least width, by ascending centre
    Kernels wide_;
    // Of an interval: the narrow kernels' scales by place, and a narrow bell around the middle
    // one of 2 reach_ + 1 places; zeros follow on both.
    Eigen::ArrayXd by_place_;
    Eigen::ArrayXd bell_;
    Eigen::Index reach_ = 0;
};

}  // namespace parnas::search
