// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include <Eigen/Core>

#include "search/samplers/tpe/joint_parzen.h"
#include "search/samplers/tpe/line_parzen.h"
#include "search/samplers/tpe/trial_groups.h"

namespace parnas::search {

// Chooses the values of genotypes, group by group. Refers to the trials, which stay as they are
// while one is chosen.
class GroupModels {
  public:
    GroupModels(TrialGroups& trials, const ParzenShape& shape);

    // Nothing is chosen yet of the next genotype.
    void begin();

    // Sets the group's parameters to the best of so many candidates and returns its log l -
    // log g. `good`: how many of the trials in which the group is active make l. Of parameters
    // grouped together, what was chosen for earlier groups decides how much each trial counts.
    double choose(const ParamGroup& group,
                  std::size_t good,
                  std::size_t candidates,
                  Genotype& genotype,
                  Rng& rng);

  private:
    double choose_jointly(const ParamGroup& group,
                          const std::vector<std::size_t>& good,
                          std::size_t candidates,
                          Genotype& genotype,
                          Rng& rng);
    double choose_alone(const ParamGroup& group,
                        const std::vector<std::size_t>& good,
                        std::size_t candidates,
                        Genotype& genotype,
                        Rng& rng);
    JointParzen good_model(const ParamGroup& group,
                           const std::vector<std::size_t>& good,
                           const ParzenPoints& centres) const;
    JointParzen other_model(const ParamGroup& group, const std::vector<std::size_t>& good) const;
    void remember(const ParamGroup& group,
                  const std::vector<std::size_t>& good,
                  const JointParzen& others,
                  const Eigen::RowVectorXd& chosen);

    TrialGroups& trials_;
    ParzenShape shape_;
    // How well the kernels of the good trials, and of the others, agree with what was chosen so
    // far: a logarithm for each trial, whichever it is, the flat kernel's last.
    Eigen::ArrayXd among_good_;
    Eigen::ArrayXd among_others_;
    std::shared_ptr<const PlaceKernels> place_kernels_;  // as last needed
};

// The weight of each of `count` trials by its place, oldest first: 1 for the last 25, before them
// a ramp from 1 / count to 1.
class AgeWeights {
  public:
    explicit AgeWeights(std::size_t count);

    double operator[](std::size_t place) const {
        return place >= ramp_ ? 1.0 : first_ + slope_ * static_cast<double>(place);
    }

  private:
    std::size_t ramp_ = 0;  // trials on it
    double first_ = 1.0;
    double slope_ = 0.0;
};

}  // namespace parnas::search
