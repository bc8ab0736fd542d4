// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include <Eigen/Core>

#include "core/trial.h"
#include "search/samplers/cma_es/choice_model.h"
#include "spaces/param.h"

namespace parnas::search {

// A space's parameters as CMA-ES sees them: numbers and ordered choices are coordinates of a
// point, laid out on [0, 1]; unordered choices are indices; what has one value is neither.
class CmaAxes {
  public:
    // `params` outlives this.
    explicit CmaAxes(std::span<const spaces::Param> params);

    std::size_t coordinates() const { return coordinates_.size(); }
    std::size_t categoricals() const { return counts_.size(); }
    // How many choices each categorical has.
    const std::vector<std::size_t>& counts() const { return counts_; }
    // What divides a coordinate into the cells of values; empty if (almost) every position is
    // a value of its own. Only such a coordinate is bounded.
    std::span<const double> borders(std::size_t coordinate) const {
        return coordinates_[coordinate].borders;
    }

    // Whether two draws are hardly ever equal: some real parameter is always active.
    bool always_new() const { return always_new_; }

    bool inside(const Eigen::VectorXd& point) const;
    void clip(Eigen::VectorXd& point) const;

    // Normalised.
    Genotype genotype(const Eigen::VectorXd& point, const ChoiceModel::Choices& choices) const;
    // The point of a genotype that is nearest to `centre`: within the cells of discrete values;
    // inactive parameters may be anywhere.
    Eigen::VectorXd nearest_point(const Genotype& genotype, const Eigen::VectorXd& centre) const;
    // Unknown where inactive.
    ChoiceModel::Choices choices(const Genotype& genotype) const;

  private:
    struct Coordinate {
        spaces::ParamIndex param = 0;
        std::vector<double> borders;
    };

    std::span<const spaces::Param> params_;
    std::vector<Coordinate> coordinates_;
    std::vector<spaces::ParamIndex> categoricals_;
    std::vector<std::size_t> counts_;
    bool always_new_ = false;
};

}  // namespace parnas::search
