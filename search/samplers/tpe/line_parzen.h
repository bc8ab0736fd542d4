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
    std::vector<double> peaks;  // by place
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

    double density(double coordinate) const;  // > 0
    double sample(Rng& rng) const;
    // Those of the least bandwidth; null unless there are many on an interval.
    const std::shared_ptr<const PlaceKernels>& place_kernels() const { return place_kernels_; }

  private:
    // Columns, so that all kernels are worked out at once.
    struct Kernels {
        std::vector<double> centres;
        std::vector<double> widths;
        std::vector<double> curvatures;  // -1 / (2 width^2)
        std::vector<double> weights;
        std::vector<double> scales;  // weight over what is inside of the range, times the peak

        void add(double centre, double width, double weight, double scale);
    };

    void add_kernels(const ParzenPlaces& places, const ParzenShape& shape);
    void add(const ParzenPlaces::Occupied& at, double width, double weight);
    void add_narrow(const ParzenPlaces::Occupied& at, double weight);
    void add_wide(double centre, double width, double weight);
    void take_place_kernels(std::shared_ptr<const PlaceKernels> kernels);
    double scaled(double centre, double width, double weight) const;
    double narrow_centre(std::size_t kernel) const;
    static double sum_at(double position, const Kernels& kernels);
    double on_interval(double position) const;
    double narrow_on_interval(double position) const;
    double on_cell(std::size_t cell) const;
    double on_choice(std::size_t choice) const;

    const ParzenAxis& axis_;
    double least_ = 1.0;
    double choice_floor_ = 1.0;
    double prior_weight_ = 1.0;
    double total_ = 0.0;  // of all weights
    // Of the least width, by ascending centre; of choices and with place kernels only the weights,
    // one for each choice or place.
    Kernels narrow_;
    Kernels wide_;
    std::shared_ptr<const PlaceKernels> place_kernels_;  // of many on an interval
    Eigen::ArrayXd by_place_;                            // their scales; zeros follow
};

}  // namespace parnas::search
