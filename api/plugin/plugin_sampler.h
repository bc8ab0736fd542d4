// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "api/plugin/plugin.h"
#include "search/strategy.h"

namespace parnas::plugin {

// A sampler that a plugin offers, as a strategy. A job's `options` are an object that the plugin
// gets as it is. It has a process of its own for each study. One that was started again is told
// all trials again. Proposals are checked: three that are not in the space, or a plugin that
// fails twice in a row, end the study with Error(unavailable), to be resumed.
search::StrategyFactory make_plugin_samplers(std::shared_ptr<const Plugin> plugin,
                                             std::string name);

}  // namespace parnas::plugin
