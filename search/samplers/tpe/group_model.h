// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include <Eigen/Core>

#include "search/samplers/tpe/joint_parzen.h"
#include "search/samplers/tpe/trial_groups.h"

namespace parnas::search {

// Chooses the values of one genotype, group by group. Refers to the trials, which stay as they
// are meanwhile.
class GroupModels {
  public:
    GroupModels(TrialGroups& trials, const ParzenShape& shape);

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
                        Rng& rng) const;
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
};

// The weight of the trial at `place` of `count`, oldest first: 1 for the last 25, before them a
// ramp from 1 / count to 1.
double age_weight(std::size_t place, std::size_t count);

}  // namespace parnas::search
