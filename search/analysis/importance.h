// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/trial.h"
#include "search/analysis/observations.h"
#include "search/analysis/regression_tree.h"

namespace parnas::search {

struct ParamImportance {
    std::string name;
    double share = 0.0;
    std::optional<double> spread;  // standard deviation over the trees of a forest
    std::size_t trials = 0;        // that had the parameter
};

// What two parameters explain together beyond what each does alone.
struct PairImportance {
    std::string first;
    std::string second;
    double share = 0.0;
    double spread = 0.0;
};

// Most important first.
struct Importance {
    std::vector<ParamImportance> params;
    std::vector<PairImportance> pairs;
};

struct FanovaOptions {
    std::size_t trees = 64;
    TreeShape shape;
    std::size_t paired = 10;  // so many of the most important parameters are looked at in pairs
    std::uint64_t seed = 0;
};

// Functional ANOVA: the shares of the variance, over the whole space, of what a random forest
// learned from the trials (Hutter, Hoos and Leyton-Brown, ICML 2014), exact for each tree. All
// shares with those of interplay sum up to 1 at most; the rest is interplay of more parameters,
// and of pairs that were not looked at.
//
// A parameter that a trial lacks, because it was not active, is drawn at random for each tree:
// the value does not depend on it there, and that is what the tree learns. Unordered choices
// stand in the order of their mean values, for each tree. A tree sees at most 4,000 trials, so
// that the costs stay bounded.
//
// Throws Error(invalid_input), which says what is missing: two trials with different values, and a
// parameter.
Importance fanova(const Observations& seen, const FanovaOptions& options);

struct PedAnovaOptions {
    double quantile = 0.1;  // the good trials: this share of all of them, in (0, region)
    double region = 1.0;    // compared with this share, so 1: with all; in (quantile, 1]
};

// PED-ANOVA: what decides whether a trial is among the good ones, as the Pearson divergence of
// where they lie from where the region's trials lie, for each parameter on its own (Watanabe,
// Bansal and Hutter, "PED-ANOVA: Efficiently Quantifying Hyperparameter Importance in Arbitrary
// Subspaces", IJCAI 2023). Shares sum up to 1. Densities are sums of kernels of Scott's bandwidth
// on at most 50 cells, with a flat kernel. A parameter counts in the trials that had it, weighted
// with their share of the region. Linear in the trials.
//
// Throws Error(invalid_input) as fanova does, or for quantiles that are none.
Importance ped_anova(const Observations& seen, Direction direction, const PedAnovaOptions& options);

}  // namespace parnas::search
