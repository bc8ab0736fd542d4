// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "core/json.h"
#include "core/rng.h"
#include "spaces/supernet.h"

namespace parnas::search {

// How a supernet weighs the options of a choice by their architecture parameters alpha.
enum class OptionWeights {
    softmax,    // Liu et al., "DARTS", 2019
    sigmoid,    // each option on its own: Chu et al., "Fair DARTS", 2020
    gumbel,     // one option, drawn for each pass: Dong and Yang, "GDAS", 2019
    dirichlet,  // drawn from Dir(elu(alpha) + 1): Chen et al., "DrNAS", 2021
};

std::string_view to_string(OptionWeights weights);

// The architecture parameters of one strength of a supernet.
struct StrengthValues {
    spaces::Strength strength;
    std::vector<double> values;  // one per entry
};

// What a differentiable search learns besides weights; the supernet's strengths in order.
struct Architecture {
    std::vector<StrengthValues> strengths;
};

// Of a node's edges.
enum class EdgeWeights {
    none,     // the node is their sum
    learned,  // Xu et al., "PC-DARTS", 2020
};

// 1e-3 times a standard normal for each entry, 0 for edges that have no weights. The numbers
// depend on the strengths' names, not on their order.
Architecture initial_architecture(std::span<const spaces::Strength> strengths,
                                  EdgeWeights edges,
                                  const Rng& rng);

std::vector<double> softmax(std::span<const double> values);
// The expected weight of each entry: of edges always the softmax.
std::vector<double> expected_weights(const StrengthValues& values, OptionWeights weights);

// A list of {name, kind, param, entries, values}.
Json to_json(const Architecture& architecture);
// Throws Error(damaged).
Architecture architecture_from_json(const Json& json);

}  // namespace parnas::search
