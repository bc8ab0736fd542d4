// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "core/registry.h"
#include "search/strategy.h"
#include "search/weight_sharing/cost_fit.h"
#include "search/weight_sharing/differentiable_epoch.h"
#include "search/weight_sharing/health.h"

namespace parnas::search {

// A part of a progressive search: Chen et al., "P-DARTS", 2019; Chen et al., "DrNAS", 2021.
struct DifferentiableStage {
    double share = 1.0;                            // of the epochs, relative to the other stages'
    double depth = 1.0;                            // share of each repetition's bodies
    std::optional<std::int64_t> keep;              // options per choice; none: all that are left
    std::optional<std::int64_t> partial_channels;  // none: as the search says
};

// What an architecture is discretised by.
enum class Select {
    strengths,
    losses,  // of single options in the last epoch's supernet; after a collapse the strengths
};

// How a differentiable search goes; the defaults are those of DARTS, first order.
struct DifferentiableOptions {
    std::int64_t epochs = 50;
    DifferentiableEpoch epoch;  // what stays the same, or is largest
    double lr_min = 1e-3;       // the weights' rate falls from epoch.lr along half a cosine
    double tau_begin = 10.0;
    double tau_end = 0.1;
    // Share of each stage's epochs at whose beginning architecture parameters stay as they are.
    double frozen = 0.0;
    std::vector<DifferentiableStage> stages{DifferentiableStage{}};

    std::int64_t health_every = 1;  // epochs between looks at eigenvalue and gap; 0: none
    bool stop_on_collapse = true;
    HealthRules health;

    Select select = Select::strengths;
    DiscretiseOptions discretise;
    std::int64_t derive = 8;  // proposals besides the discretised architecture

    std::optional<CostGoal> target;            // none: see find_cost_goal()
    std::optional<std::int64_t> cost_samples;  // none: 1.5 for each coefficient, at least 32
};

// The defaults of darts, gdas, pc_darts, dr_nas or beta_darts: docs/weight-sharing.md has them with
// their sources.
DifferentiableOptions differentiable_preset(std::string_view name);

// Throws nothing; faults go to the reader.
DifferentiableOptions read_differentiable(ObjectReader& options, DifferentiableOptions preset);

// Trains a supernet's weights and architecture parameters in turn, one phase per epoch, then
// proposes the discretised architecture, and others along the trade-off between its strengths and
// a cost. A training that collapses ends there, and what it proposes is of its last healthy epoch.
// Throws Error(invalid_input) for a space without a template or with parameters that no weighted
// sum can keep open.
// `then` is asked when all of that is proposed; null: the search is done.
std::unique_ptr<Strategy> make_differentiable_strategy(const DifferentiableOptions& options,
                                                       std::unique_ptr<Strategy> then,
                                                       const SamplerSetup& setup);

// With `then` from the options, one of `strategies`. Null after faults.
std::unique_ptr<Strategy> make_differentiable_strategy(ObjectReader& options,
                                                       const DifferentiableOptions& preset,
                                                       const SamplerSetup& setup,
                                                       const Registry<StrategyFactory>& strategies);

}  // namespace parnas::search
