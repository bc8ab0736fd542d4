// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>

#include "core/json.h"
#include "spaces/custom_op.h"
#include "spaces/network.h"

namespace parnas::spaces {

// The format is docs/network.md; attributes at their default are left out, and inputs of a
// node are names, so that a person can read it.
Json to_json(const Network& network);

// Throws Error(invalid_input) with a JSON pointer for every fault: unknown keys, wrong
// types, unknown or later inputs, duplicate names, shapes that do not fit. A custom op that
// `operators` does not have is read as it is, without a definition.
Network network_from_json(const Json& json, const OpSource& operators = {});

// "conv out=16 kernel=3x3": the op with the attributes that are not at their default. `symbols`:
// the network's.
std::string op_text(const Op& op, std::span<const std::string> symbols);

// Graphviz, one node per op, labelled with its attributes and output shape.
std::string to_dot(const Network& network);

}  // namespace parnas::spaces
