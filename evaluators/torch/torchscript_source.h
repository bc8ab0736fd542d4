// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <set>
#include <string>

#include "spaces/network.h"

namespace parnas::evaluators {

// Attributes of a TorchScript module, by the weight's name: "stem.weight" is
// "stem_weight". Different names become different attributes.
using Attributes = std::map<std::string, std::string, std::less<>>;
Attributes make_attributes(const std::set<std::string>& weight_names);

// The method `forward` in TorchScript, one line or a few per node, computing what a
// TorchNetwork computes in evaluation mode. If there are attributes for kInputMean and
// kInputDeviation, the first input is scaled by them before anything else. Throws
// Error(invalid_input), its place the node, for a custom op that has no TorchScript.
std::string torchscript_source(const spaces::Network& network, const Attributes& attributes);

}  // namespace parnas::evaluators
