// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "api/plugin/plugin.h"
#include "spaces/custom_op.h"

namespace parnas::plugin {

// A layer that a plugin offers. Shapes and counts are asked of the plugin, checked, and remembered
// by attributes and inputs, since a search asks for the same ones over and over; what it refuses
// is Error(invalid_input) with its text. Symbols are those that its library exports.
std::shared_ptr<const spaces::CustomOp> make_plugin_operator(std::shared_ptr<const Plugin> plugin,
                                                             const spaces::LayerType& layer);

}  // namespace parnas::plugin
