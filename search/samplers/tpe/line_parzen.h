// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include <Eigen/Core>

#include "core/rng.h"
#include "search/samplers/tpe/parzen_axis.h"
#include "search/samplers/tpe/parzen_places.h"

namespace parnas::search {

// Kernels around the middles of all places of an interval: all that is the same for every axis.
struct PlaceKernels {
    explicit PlaceKernels(double bandwidth);

    double width = 0.0;
    Eigen::Index reach = 0;  // in places; beyond, nothing is left of a kernel
    // A kernel over its peak at its place and `reach` to either side; zeros follow.
    Eigen::ArrayXd bell;
    Eigen::ArrayXd peaks;  // by place
};

// A density over one parameter: the weighted mean of one kernel for each trial and a flat
// one. As bandwidth a kernel has the larger of the gaps to its neighbours, within the least and
// the range (Bergstra et al., NeurIPS 2011). Trials of one place lie in its middle, are neighbours
// without a gap and share their weight evenly: that moves a kernel by a tenth of its bandwidth at
// most, and costs the same however many there are.
//
// Refers to the axis. Const and thread-safe.
class LineParzen {
  public:
    // `kernels` are taken, if there are, where those of the least bandwidth are the same.
    LineParzen(const ParzenAxis& axis,
               const ParzenPlaces& places,
               const ParzenShape& shape,
               std::shared_ptr<const PlaceKernels> kernels = nullptr);

    // > 0, one for each coordinate.
    Eigen::ArrayXd density(const Eigen::ArrayXd& coordinates) const;
    double sample(Rng& rng) const;
    // Those of the least bandwidth; null unless there are many on an interval.
    const std::shared_ptr<const PlaceKernels>& place_kernels() const { return place_kernels_; }

  private:
    struct Kernel {
        double centre = 0.0;
        double width = 0.0;
        double weight = 0.0;
        double scale = 0.0;  // weight over what is inside of the range, on an interval at its peak
    };

    void add_kernels(const ParzenPlaces& places, const ParzenShape& shape);
    Kernel make(double centre, double width, double weight) const;
    Eigen::ArrayXd on_interval(const Eigen::ArrayXd& positions) const;
    Eigen::ArrayXd of_places(const Eigen::ArrayXd& positions) const;
    double draw_from(std::size_t place, Rng& rng) const;
    double on_cell(std::size_t cell) const;
    double on_choice(std::size_t choice) const;

    const ParzenAxis& axis_;
    double least_ = 1.0;
    double choice_floor_ = 1.0;
    double prior_weight_ = 1.0;
    double total_ = 0.0;  // of all weights
    // What kernels of the least bandwidth weigh at each place; of choices all.
    Eigen::ArrayXd by_place_;
    std::vector<Kernel> narrow_;  // the same as kernels; none of choices and with place kernels
    std::vector<Kernel> wide_;
    std::shared_ptr<const PlaceKernels> place_kernels_;  // of many on an interval
    Eigen::ArrayXd place_scales_;                        // of by_place_; zeros follow
};

}  // namespace parnas::search
