// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "core/json.h"
#include "core/object_reader.h"
#include "search/weight_sharing/open_values.h"

namespace parnas::search {

// How the sub-networks of one step are drawn.
enum class PathSampling {
    uniform,    // every parameter on its own
    cost_bins,  // so that multiply-adds are even over bins (SPOS, Guo et al., ECCV 2020)
    fair,       // every option of a choice once per step (FairNAS, Chu et al., ICCV 2021)
    sandwich,   // the largest, `paths` drawn ones, the smallest (BigNAS, Yu et al., ECCV 2020)
};

// What a sub-network's logits are compared with besides the labels.
enum class Distill {
    none,
    largest,  // the step's largest network: it learns from labels, all others from it alone
    teacher,  // the largest network with the weights that an earlier epoch began with
};

enum class Divergence {
    kl,     // of the teacher's distribution and the sub-network's
    alpha,  // the larger of alpha = -1 and 1, importance ratios clipped (AlphaNet, ICML 2021)
};

// One epoch of a supernet that is trained one sub-network at a time; the settings of a phase
// of type "paths". Every step takes a batch, draws sub-networks, sums their gradients and
// makes one step of SGD with Nesterov's momentum.
struct PathEpoch {
    PathSampling sampling = PathSampling::uniform;
    std::int64_t paths = 1;  // drawn per step; fair: as many as the largest choice has options
    std::int64_t bins = 10;  // of cost_bins
    OpenValues open;         // one list per parameter
    Distill distill = Distill::none;
    double distill_weight = 1.0;  // of the teacher's part, beside that of the labels
    Divergence divergence = Divergence::kl;
    double alpha_clip = 5.0;  // of Divergence::alpha
    double label_smoothing = 0.0;
    std::int64_t batch = 64;
    double lr = 0.05;
    double momentum = 0.9;
    double weight_decay = 4e-5;  // of what is no bias and no weight of a norm
    std::optional<double> clip;  // Euclidean norm of the gradients
    bool sort_widths = false;    // by importance, before the first step
    bool take_teacher = false;   // the weights before the first step become the teacher's
    bool validate = false;       // score the largest and the smallest network at the end
};

inline constexpr std::string_view kPathEpochType = "paths";

Json to_json(const PathEpoch& epoch, std::span<const spaces::Param> params);
// What to_json() writes. Faults go to the reader.
PathEpoch read_path_epoch(ObjectReader& settings, std::span<const spaces::Param> params);

}  // namespace parnas::search
