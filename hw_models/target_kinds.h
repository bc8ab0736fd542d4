// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string_view>

#include "core/document.h"
#include "hw_models/hardware_model.h"
#include "hw_models/target_card.h"
#include "hw_models/target_library.h"

namespace parnas::hw_models {

// A way to describe a target in a document: the word of its key `kind`.
struct TargetKind {
    std::string_view word;
    std::string_view model;  // the hardware model that reads it, as a job names it
    std::string_view about;
    // Checks the whole document. Throws Error(invalid_input) with all faults, each with its line.
    TargetCard (*read)(const Document& document);
    // Of a checked document, what people want to know of it, by key.
    Json (*figures)(const Document& document);
    // From a job's `target`, whose `profile` names such a document.
    std::unique_ptr<HardwareModel> (*make)(ObjectReader& options,
                                           const std::filesystem::path& base,
                                           const TargetLibrary& library);
};

std::span<const TargetKind> target_kinds();

// A document without `kind` is a profile. Throws Error(invalid_input), which lists the kinds.
const TargetKind& kind_of(const Document& document);

// The model that the kind of the target named by `profile` calls for: `target: {profile: NAME}`.
std::unique_ptr<HardwareModel> make_model_of_profile(ObjectReader& options,
                                                     const std::filesystem::path& base,
                                                     const TargetLibrary& library);

}  // namespace parnas::hw_models
