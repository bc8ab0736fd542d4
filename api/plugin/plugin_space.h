// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "api/plugin/offer.h"
#include "api/plugin/plugin.h"
#include "spaces/custom_op.h"
#include "spaces/search_space.h"

namespace parnas::plugin {

// A space that a plugin offers, with the arguments that a job sets (an object or null). If its
// document has a body it is that document's space and needs the plugin no more; else the
// document has the parameters and requirements, and the plugin decodes them: many at once too
// (spaces/decodes_many.h). decode() throws Error(unavailable) with the plugin's name and what
// it did instead. `operators` has the layers that are not built in. Throws Error(invalid_input)
// with the faults of document and arguments.
std::unique_ptr<spaces::SearchSpace> make_plugin_space(std::shared_ptr<const Plugin> plugin,
                                                       const SpaceOffer& offer,
                                                       const Json& arguments,
                                                       const spaces::OpSource& operators = {});

}  // namespace parnas::plugin
