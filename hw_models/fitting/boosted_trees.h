// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include <Eigen/Core>

#include "hw_models/fitting/feature_schema.h"

namespace parnas::hw_models {

struct BoostedTreesOptions {
    int trees = 300;
    int leaves = 8;  // of a tree, at most
    double learning_rate = 0.06;
    Eigen::Index least_leaf = 2;  // samples
};

// A sum of small regression trees, each fitted to what the ones before it leave (Friedman, Annals
// of Statistics 29(5), 2001), of squared loss. Splits are looked for among at most 64 bins of a
// column and the best leaf is split first (Ke et al., NeurIPS 2017). A value; nothing is random.
class BoostedTrees {
  public:
    struct Split {
        std::int32_t column = -1;  // none: a leaf
        double at = 0.0;           // values below go left
        std::int32_t left = 0;     // the right one follows it
        double value = 0.0;        // of a leaf
        bool operator==(const Split&) const = default;
    };
    using Tree = std::vector<Split>;  // the root first

    BoostedTrees() = default;
    BoostedTrees(double constant, std::vector<Tree> trees);

    Eigen::VectorXd predict(const FeatureRows& rows) const;

    double constant() const { return constant_; }
    const std::vector<Tree>& trees() const { return trees_; }
    bool operator==(const BoostedTrees&) const = default;

  private:
    double constant_ = 0.0;
    std::vector<Tree> trees_;
};

// At least one row. O(trees log(leaves) n d).
BoostedTrees fit_boosted_trees(const FeatureRows& rows,
                               const Eigen::VectorXd& values,
                               const BoostedTreesOptions& options);

}  // namespace parnas::hw_models
