// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "hw_models/target_library.h"

namespace parnas::cli {

// The targets that come with the program and those of the user's folder: $PARNAS_TARGETS, else
// parnas/targets in $XDG_DATA_HOME or ~/.local/share (XDG Base Directory Specification).
hw_models::TargetLibrary target_library();

}  // namespace parnas::cli
