// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.h"
#include "core/trial.h"
#include "search/weight_sharing/additive_cost.h"
#include "search/weight_sharing/architecture.h"
#include "search/weight_sharing/discretise.h"
#include "search/weight_sharing/lagrangian.h"

namespace parnas::search {

// One epoch of a differentiable search: the settings of a phase, {"type": "differentiable", ...}.
// Steps of the weights on training batches take turns with steps of the architecture parameters
// on validation batches.
struct DifferentiableEpoch {
    std::int64_t epoch = 0;  // from 0
    std::int64_t batch = 64;
    Architecture architecture;  // to begin with; says which options are kept

    // The supernet.
    // K: the supernet has 1/K of each option's channels. None: the largest part of 1, 1/2, 1/4 and
    // 1/8 that fits into memory, and if none does 1/8 of one option at a time; the attachment says
    // which.
    std::optional<std::int64_t> partial_channels = 1;
    std::optional<std::int64_t> memory_mb;  // at most; none: what is free
    double depth = 1.0;                     // share of each repetition's bodies
    // Whether networks of the space can inherit its weights: norms learn, and pools have none.
    bool inheritable = false;
    EdgeWeights edges = EdgeWeights::none;
    OptionWeights weights = OptionWeights::softmax;
    double temperature = 1.0;   // tau of gumbel
    double skip_dropout = 0.0;  // chance that a skip's output is 0

    // Steps of the weights: SGD.
    double lr = 0.025;
    double momentum = 0.9;
    double weight_decay = 3e-4;
    double clip_norm = 5.0;

    // Steps of the architecture parameters: Adam.
    bool frozen = false;     // there are none
    std::int64_t order = 1;  // 2: through one step of the weights
    double alpha_lr = 3e-4;
    double alpha_beta1 = 0.5;
    double alpha_beta2 = 0.999;
    double alpha_weight_decay = 1e-3;
    // Times the mean over choices of logsumexp(alpha) (Ye et al., "beta-DARTS", 2022).
    double beta_regulariser = 0.0;
    // Times the divergence of a Dirichlet distribution from the uniform one (DrNAS).
    double divergence = 0.0;

    // The expected cost is reported; with a target the loss gets penalty() of log(cost / target),
    // which holds it at or below.
    struct Cost {
        AdditiveCost additive;
        std::optional<double> target;
        Multiplier multiplier;
    };
    std::optional<Cost> cost;

    // Health figures that take passes over data.
    bool eigenvalue = true;
    bool gap = true;
    NoneRule none = NoneRule::automatic;  // of the discretised supernet
    // Also attach what single options lose: one pass over validation data for each of them.
    bool option_losses = false;
};

// What such a phase attaches to its result.
struct EpochAttachment {
    Architecture architecture;  // after the epoch
    std::int64_t partial_channels = 1;
    OptionWeights weights = OptionWeights::softmax;
    // If asked for: for the options of each choice in the supernet the mean validation loss, in
    // nats, with that option alone in its place and the other choices mixed.
    std::optional<Architecture> losses;
};

inline constexpr std::string_view kDifferentiable = "differentiable";  // the settings' type

// JSON texts and back. Reading throws Error(damaged).
std::string to_text(const DifferentiableEpoch& epoch);
DifferentiableEpoch differentiable_epoch_from(std::string_view text);
DifferentiableEpoch differentiable_epoch_from_json(const Json& settings);
std::string to_text(const EpochAttachment& attachment);
EpochAttachment epoch_attachment_from(std::string_view text);

// The supernet of an epoch with K = `partial_channels`: what its architecture keeps is kept; what
// cannot be kept has the middle of its domain.
spaces::SupernetOptions supernet_options(const DifferentiableEpoch& epoch,
                                         std::int64_t partial_channels,
                                         const spaces::SearchSpace& space,
                                         const OpenChoices& open);

// The metric under which an epoch reports its expected cost: "expected_" and the metric's name.
std::string expected_name(std::string_view metric);

}  // namespace parnas::search
