// SPDX-License-Identifier: Apache-2.0
#include "search/gp/features.h"

#include <cmath>
#include <numbers>
#include <variant>

#include "spaces/unit_interval.h"

namespace parnas::search {
namespace {

bool has_no_order(const spaces::Domain& domain) {
    const auto* categorical = std::get_if<spaces::Categorical>(&domain);
    return categorical != nullptr && !categorical->ordered;
}

}  // namespace

Features::Features(std::span<const spaces::Param> params) : params_(params) {
    for (spaces::ParamIndex i = 0; i < params.size(); ++i) {
        const auto count = spaces::cardinality(params[i].domain);
        if (count == std::uint64_t{1})
            continue;
        Axis axis{.param = i, .first = coordinates_};
        if (has_no_order(params[i].domain)) {
            axis.kind = Kind::corners;
            axis.size = static_cast<Eigen::Index>(*count);
        } else if (params[i].condition) {
            axis.kind = Kind::arc;
            axis.size = 2;
        }
        axis_of_.insert(axis_of_.end(),
                        static_cast<std::size_t>(axis.size),
                        static_cast<Eigen::Index>(axes_.size()));
        coordinates_ += axis.size;
        axes_.push_back(axis);
    }
}

Eigen::RowVectorXd Features::point(const Genotype& genotype) const {
    const std::vector<bool> active = spaces::active(params_, genotype);
    Eigen::RowVectorXd point = Eigen::RowVectorXd::Zero(coordinates_);
    for (const Axis& axis : axes_) {
        if (!active[axis.param])
            continue;
        const Value& value = genotype.values[axis.param];
        if (axis.kind == Kind::corners)
            point[axis.first + std::get<std::int64_t>(value)] = 1.0 / std::numbers::sqrt2;
        else
            place(axis, spaces::to_unit(params_[axis.param].domain, value), point);
    }
    return point;
}

void Features::place(const Axis& axis, double position, Eigen::Ref<Eigen::RowVectorXd> point) {
    if (axis.kind == Kind::line) {
        point[axis.first] = position;
        return;
    }
    point[axis.first] = std::cos(position);
    point[axis.first + 1] = std::sin(position);
}

double Features::slope(const Axis& axis,
                       double position,
                       const Eigen::Ref<const Eigen::RowVectorXd>& gradient) {
    if (axis.kind == Kind::line)
        return gradient[axis.first];
    return gradient[axis.first + 1] * std::cos(position) -
           gradient[axis.first] * std::sin(position);
}

}  // namespace parnas::search
