// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "core/rng.h"
#include "search/weight_sharing/path_epoch.h"

namespace parnas::search {

// The sub-networks of an epoch's steps, drawn by its rules. Hyperparameters of training keep
// their first value. Of the sub-networks that one step draws at random, all read a batch in
// the same resolution: it has to be resized once.
class PathDraws {
  public:
    PathDraws(const spaces::SearchSpace& space, const PathEpoch& epoch, Rng rng);

    // Of the next step. A sandwich begins with the largest and ends with the smallest.
    std::vector<Genotype> next();

    // Of what is open. Worked out when they are asked for first.
    const Genotype& largest();
    const Genotype& smallest();
    // The largest network of the whole space, reading what `path` reads.
    Genotype teacher_of(const Genotype& path);

  private:
    OpenValues in_one_resolution();
    std::vector<Genotype> fair();
    bool deal(std::vector<Genotype>& step);
    void fill_bins();

    const spaces::SearchSpace& space_;
    PathEpoch epoch_;
    Rng rng_;
    std::vector<Role> roles_;
    std::optional<Genotype> largest_;
    std::optional<Genotype> smallest_;
    std::optional<Genotype> teacher_;
    std::vector<std::vector<Genotype>> bins_;  // without the empty ones
};

}  // namespace parnas::search
