// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "hw_models/hardware_model.h"
#include "hw_models/target_library.h"

namespace parnas::cli {

// The targets that come with the program and those of the user's folder: $PARNAS_TARGETS, else
// parnas/targets in $XDG_DATA_HOME or ~/.local/share (XDG Base Directory Specification).
hw_models::TargetLibrary target_library();

// The model of one of them, by name or file, as a job has it that says no more of its target.
// Throws Error(not_found), Error(invalid_input) with the document's faults.
std::unique_ptr<hw_models::HardwareModel> open_target(const std::string& name);

}  // namespace parnas::cli
