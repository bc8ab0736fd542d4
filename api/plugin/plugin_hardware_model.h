// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "api/plugin/plugin.h"
#include "hw_models/hardware_model.h"

namespace parnas::plugin {

// A hardware model that a plugin offers for `target`. A job's `options` are an object that the
// plugin gets as it is. Estimates are checked; what a plugin does instead of giving one is
// thrown as Error(invalid_input), which fails the trial.
hw_models::HardwareModelFactory make_plugin_hardware_models(std::shared_ptr<const Plugin> plugin,
                                                            hw_models::Target target);

}  // namespace parnas::plugin
