// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "search/weight_sharing/architecture.h"
#include "search/weight_sharing/open_choices.h"

namespace parnas::search {

// How much a search prefers each option and each edge, as logarithms of weights.
struct Preferences {
    std::vector<std::vector<double>> options;  // per parameter; empty: it is no open choice
    std::vector<std::vector<double>> edges;    // per OpenChoices::nodes
};

// Of an architecture. What it does not keep is -infinity; edges without a strength of their own
// are 0.
Preferences preferences_of(const Architecture& architecture,
                           OptionWeights weights,
                           const spaces::SearchSpace& space,
                           const OpenChoices& open);

// Puts what options lose in place of their strengths: less is better (after Wang et al.,
// "Rethinking Architecture Selection in Differentiable NAS", ICLR 2021). Choices without losses and
// edges stay as they are.
void prefer_small_losses(const Architecture& losses, Preferences& preferences);

enum class NoneRule {
    automatic,  // as `drop` where nodes take some of their edges, otherwise as `keep`
    keep,       // a choice may end as none (NAS-Bench-201)
    drop,       // the best of the others is taken (DARTS)
};

struct DiscretiseOptions {
    NoneRule none = NoneRule::automatic;
    // In each cell, of the edges that are taken; none: any number. Chen et al., "P-DARTS", 2019.
    std::optional<std::int64_t> max_skips;
};

// The most preferred genotype: of every choice the best option, of a node that takes some of its
// edges the subset with the largest sum over edges of weight times best option but none. While a
// cell has too many skips, the least preferred of them is taken away. Where the space's
// requirements forbid the result, the feasible one that loses least in the sum of preferences.
// Parameters that are not open are `base`'s. Nullopt if 10,000 steps found nothing feasible.
std::optional<Genotype> discretise(const spaces::SearchSpace& space,
                                   const OpenChoices& open,
                                   Preferences preferences,
                                   const Genotype& base,
                                   const DiscretiseOptions& options);

// Of a genotype's edges that are taken.
struct Census {
    std::int64_t choices = 0;
    std::int64_t skips = 0;
    std::int64_t nones = 0;
    std::int64_t most_skips = 0;  // in one cell
    // Some cell with several choices has nothing but skips, or all that is in no cell has. (A chain
    // with some skips is a shorter one.)
    bool has_all_skips = false;
};
Census take_census(const spaces::SearchSpace& space,
                   const OpenChoices& open,
                   const Genotype& genotype);

}  // namespace parnas::search
