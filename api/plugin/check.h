// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "api/plugin/plugin_set.h"
#include "hw_models/measuring/runtime.h"

namespace parnas::plugin {

// One promise that a part was tried on.
struct Finding {
    std::string part;     // "space mlp@1"
    std::string promise;  // "decodes 100 random candidates"
    std::string trouble;  // why not, in words; empty: it keeps it
};

// Opens something that runs networks. Throws Error.
using OpenRuntime = std::function<std::unique_ptr<hw_models::Runtime>()>;

// Tries all that a plugin offers as parnas would use it, on candidates drawn with `seed`, and its
// operators in the runtime, if one is given and the plugin is a library. Takes seconds, and as long
// as the plugin's own evaluations.
std::vector<Finding> check_plugin(const LoadedPlugin& loaded,
                                  std::uint64_t seed,
                                  OpenRuntime open_runtime = {});

}  // namespace parnas::plugin
