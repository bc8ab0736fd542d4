// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

// Faults that an experiment on reliability must notice. In a build with the CMake option
// PARNAS_MUTATIONS the environment variable PARNAS_MUTATION brings one of them back, so that a test
// can show that the experiment turns red. Without the option nothing of this is in the program.
//
// A source file that includes this is named in parnas_mutable() of its folder: no other is
// compiled differently by the option.
#ifndef PARNAS_MUTATIONS
#error "name this source file in parnas_mutable()"
#endif

namespace parnas {

#if PARNAS_MUTATIONS
// Whether the program has the fault of this name. Thread-safe.
bool mutated(std::string_view name);
#else
constexpr bool mutated(std::string_view /*name*/) {
    return false;
}
#endif

}  // namespace parnas
