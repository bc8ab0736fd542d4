// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "spaces/network.h"

namespace parnas::evaluators {

// Where a custom op stands in a TorchScript source.
struct ScriptSite {
    const std::string& node;
    std::vector<std::string> inputs;        // names of variables
    std::span<const spaces::Shape> shapes;  // of the inputs
    std::function<std::string(const std::string& weight)> weight;
};

// The op as one expression, as the library that brings it has it. Throws Error(invalid_input), its
// place the node, if there is none.
std::string custom_script(const spaces::Custom& op, const ScriptSite& site);

}  // namespace parnas::evaluators
