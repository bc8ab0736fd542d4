// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "api/plugin/plugin_set.h"

namespace parnas::plugin {

// One promise that a part was tried on.
struct Finding {
    std::string part;     // "space mlp@1"
    std::string promise;  // "decodes 100 random candidates"
    std::string trouble;  // why not, in words; empty: it keeps it
};

// Tries all that a plugin offers as parnas would use it, on candidates drawn with `seed`. Takes
// seconds, and as long as the plugin's own evaluations.
std::vector<Finding> check_plugin(const LoadedPlugin& loaded, std::uint64_t seed);

}  // namespace parnas::plugin
