// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include <Eigen/Core>

#include "core/rng.h"
#include "search/samplers/tpe/parzen_axis.h"

namespace parnas::search {

// A row for each point, a column for each axis; intervals come first.
using ParzenPoints = Eigen::MatrixXd;

// A density over several parameters: the weighted mean of one kernel for each trial and a flat
// one, where a kernel is a product over the axes, with a bandwidth of its own on each of them (as
// LineParzen has it; of trials of one place, the oldest has the gap to the left and the newest
// that to the right).
//
// Refers to the axes and centres that it is made from. Const and thread-safe.
class JointParzen {
  public:
    struct Kernels {
        // n x d, n may be 0.
        Eigen::Ref<const ParzenPoints> centres;
        // One per centre, then that of the flat kernel, in any unit; -infinity leaves a centre
        // out.
        Eigen::ArrayXd log_weights;
        // One per centre, of settled_offset(); or none.
        std::span<const double> offsets = {};
    };

    JointParzen(std::span<const ParzenAxis> axes, Kernels kernels, const ParzenShape& shape);

    // What the logarithm of a kernel at `centre` has on all intervals with the least bandwidth
    // that any number of trials gives, but for the product of point and centre: worth keeping.
    static double settled_offset(std::span<const ParzenAxis> axes,
                                 const Eigen::RowVectorXd& centre,
                                 const ParzenShape& shape);

    // One value per point. O(n d) each.
    Eigen::ArrayXd log_density(const ParzenPoints& points) const;
    // Independent draws.
    ParzenPoints sample(std::size_t count, Rng& rng) const;
    // The log density of each single kernel at a point, the flat one last; those that are left
    // out have the least bandwidth.
    Eigen::ArrayXd log_kernels(const Eigen::RowVectorXd& point) const;

  private:
    // A kernel that is wider than the least on an axis.
    struct Wide {
        Eigen::Index kernel = 0;
        Eigen::Index axis = 0;
        double width = 0.0;
        // On an interval the logarithm has so much more than the narrow kernel's: shift +
        // curvature * distance^2.
        double shift = 0.0;
        double curvature = 0.0;
    };
    // By discrete axis and point, the log density of narrow kernels by their coordinate.
    using Tables = std::vector<std::vector<Eigen::ArrayXd>>;

    void find_wide(const ParzenShape& shape);
    Wide make_wide(Eigen::Index kernel, Eigen::Index axis, double width) const;
    void widen(const Wide& wide,
               const ParzenPoints& points,
               const Tables& tables,
               Eigen::Ref<Eigen::RowVectorXd, 0, Eigen::InnerStride<>> logs) const;
    double width(Eigen::Index kernel, Eigen::Index axis) const;
    double draw(Eigen::Index kernel, Eigen::Index axis, Rng& rng) const;
    double log_flat(const Eigen::RowVectorXd& point) const;
    Tables tables(const ParzenPoints& points) const;
    Eigen::ArrayXd table(const ParzenAxis& axis, std::size_t cell) const;
    // A row for each of `rows` kernels from `begin` on, a column for each point.
    Eigen::MatrixXd log_block(Eigen::Index begin,
                              Eigen::Index rows,
                              const ParzenPoints& points,
                              const Tables& tables) const;

    std::span<const ParzenAxis> axes_;
    Kernels kernels_;
    Eigen::Index intervals_ = 0;  // axes that are
    double least_ = 1.0;          // bandwidth
    double choice_floor_ = 1.0;
    Eigen::ArrayXd offsets_;
    std::vector<Wide> wide_;  // by kernel, then axis
};

}  // namespace parnas::search
