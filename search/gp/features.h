// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include <Eigen/Core>

#include "core/trial.h"
#include "spaces/param.h"

namespace parnas::search {

// Points as kernels take them: a row each, a column for each coordinate.
using Points = Eigen::MatrixXd;

// A space's parameters as points whose Euclidean distances mean something:
//
//   line     a number or an ordered choice: its place on [0, 1] (spaces::to_unit)
//   arc      the same, conditional: a place on an arc of one radian around the origin, which is
//            what inactive means (after Swersky et al., arXiv 1409.4011): as far from each value
//            as the ends of the range are from each other, nearly
//   corners  an unordered choice: a corner of a simplex, at distance 1 from every other one;
//            inactive is the origin, at a distance of 0.7
//
// Thus every distance between two genotypes is Euclidean, and every kernel of them is positive
// semidefinite. A parameter with one value has no axis. Const and thread-safe; the parameters
// must live as long.
class Features {
  public:
    enum class Kind { line, arc, corners };
    struct Axis {
        spaces::ParamIndex param = 0;
        Kind kind = Kind::line;
        Eigen::Index first = 0;  // coordinate
        Eigen::Index size = 1;   // coordinates
    };

    explicit Features(std::span<const spaces::Param> params);

    std::span<const Axis> axes() const { return axes_; }
    Eigen::Index coordinates() const { return coordinates_; }
    // The axis that each coordinate belongs to.
    const std::vector<Eigen::Index>& axis_of() const { return axis_of_; }

    Eigen::RowVectorXd point(const Genotype& genotype) const;

    // The coordinates of an active parameter at `position` on [0, 1], of a line or an arc, and
    // their derivatives.
    static void place(const Axis& axis, double position, Eigen::Ref<Eigen::RowVectorXd> point);
    static double slope(const Axis& axis,
                        double position,
                        const Eigen::Ref<const Eigen::RowVectorXd>& gradient);

  private:
    std::span<const spaces::Param> params_;
    std::vector<Axis> axes_;
    Eigen::Index coordinates_ = 0;
    std::vector<Eigen::Index> axis_of_;
};

}  // namespace parnas::search
