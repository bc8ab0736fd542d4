// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "spaces/layer_type.h"

namespace parnas::spaces {

// The layers that are one op each.
std::vector<LayerType> basic_layers();
// The layers that are a fixed arrangement: conv with norm and activation, mbconv,
// squeeze_excite, causal_conv, graph_layer, head.
std::vector<LayerType> composite_layers();

// The words for activations and normalisations; the lists start with "none".
const std::vector<std::string>& activation_words();
const std::vector<std::string>& norm_words();
// Adds the op that the word stands for, or nothing for "none".
ValueId add_activation(const EmitContext& context,
                       ValueId value,
                       const std::string& word,
                       const std::string& name = "act");
ValueId add_norm(const EmitContext& context,
                 ValueId value,
                 const std::string& word,
                 const std::string& name = "norm");

}  // namespace parnas::spaces
