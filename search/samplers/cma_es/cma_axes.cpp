// SPDX-License-Identifier: Apache-2.0
#include "search/samplers/cma_es/cma_axes.h"

#include <algorithm>
#include <limits>

#include "search/samplers/tpe/parzen_axis.h"
#include "spaces/unit_interval.h"

namespace parnas::search {

CmaAxes::CmaAxes(std::span<const spaces::Param> params) : params_(params) {
    for (spaces::ParamIndex i = 0; i < params.size(); ++i) {
        if (spaces::cardinality(params[i].domain) == 1)
            continue;
        const ParzenAxis axis(params[i].domain);
        if (axis.kind() == ParzenAxis::Kind::choices) {
            categoricals_.push_back(i);
            counts_.push_back(axis.size());
            continue;
        }
        Coordinate coordinate{.param = i};
        always_new_ =
            always_new_ || (!params[i].condition && !spaces::cardinality(params[i].domain));
        if (axis.kind() == ParzenAxis::Kind::cells)
            coordinate.borders.assign(axis.edges().begin() + 1, axis.edges().end() - 1);
        coordinates_.push_back(std::move(coordinate));
    }
}

bool CmaAxes::inside(const Eigen::VectorXd& point) const {
    for (std::size_t i = 0; i < coordinates(); ++i) {
        const double x = point[static_cast<Eigen::Index>(i)];
        if (borders(i).empty() && (x < 0.0 || x > 1.0))
            return false;
    }
    return true;
}

void CmaAxes::clip(Eigen::VectorXd& point) const {
    for (std::size_t i = 0; i < coordinates(); ++i)
        if (double& x = point[static_cast<Eigen::Index>(i)]; borders(i).empty())
            x = std::clamp(x, 0.0, 1.0);
}

Genotype CmaAxes::genotype(const Eigen::VectorXd& point,
                           const ChoiceModel::Choices& choices) const {
    Genotype genotype;
    for (const spaces::Param& param : params_)
        genotype.values.push_back(spaces::first_value(param.domain));
    for (std::size_t i = 0; i < coordinates(); ++i) {
        const spaces::ParamIndex param = coordinates_[i].param;
        genotype.values[param] =
            spaces::from_unit(params_[param].domain, point[static_cast<Eigen::Index>(i)]);
    }
    for (std::size_t i = 0; i < categoricals(); ++i)
        genotype.values[categoricals_[i]] = static_cast<std::int64_t>(choices[i]);
    return spaces::normalised(params_, std::move(genotype));
}

Eigen::VectorXd CmaAxes::nearest_point(const Genotype& genotype,
                                       const Eigen::VectorXd& centre) const {
    constexpr double kAnywhere = std::numeric_limits<double>::infinity();
    const std::vector<bool> active = spaces::active(params_, genotype);
    Eigen::VectorXd point = centre;
    for (std::size_t i = 0; i < coordinates(); ++i) {
        const auto& [param, borders] = coordinates_[i];
        if (!active[param])
            continue;
        double& x = point[static_cast<Eigen::Index>(i)];
        const double position = spaces::to_unit(params_[param].domain, genotype.values[param]);
        if (borders.empty()) {
            x = position;
            continue;
        }
        const auto above = std::ranges::upper_bound(borders, position);
        x = std::clamp(x,
                       above == borders.begin() ? -kAnywhere : *(above - 1),
                       above == borders.end() ? kAnywhere : *above);
    }
    return point;
}

ChoiceModel::Choices CmaAxes::choices(const Genotype& genotype) const {
    const std::vector<bool> active = spaces::active(params_, genotype);
    ChoiceModel::Choices choices;
    for (const spaces::ParamIndex param : categoricals_)
        choices.push_back(active[param] ? std::get<std::int64_t>(genotype.values[param])
                                        : ChoiceModel::kUnknown);
    return choices;
}

}  // namespace parnas::search
