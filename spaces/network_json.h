// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "core/json.h"
#include "spaces/network.h"

namespace parnas::spaces {

// The format is docs/network.md; attributes at their default are left out, and inputs of a
// node are names, so that a person can read it.
Json to_json(const Network& network);

// Throws Error(invalid_input) with a JSON pointer for every fault: unknown keys, wrong
// types, unknown or later inputs, duplicate names, shapes that do not fit.
Network network_from_json(const Json& json);

// Graphviz, one node per op, labelled with its attributes and output shape.
std::string to_dot(const Network& network);

}  // namespace parnas::spaces
