// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <span>
#include <string>

#include "core/trial.h"
#include "spaces/template.h"

namespace parnas::spaces {

// The network that the genotype stands for. Throws Error(invalid_input), its place the
// block's path, where shapes do not fit or an expression gives what its attribute does not
// take. Thread-safe.
Network decode(const Template& blueprint, std::span<const Param> params, const Genotype& genotype);

// Decodes like decode(), and tries every option of each choice on the way: options whose
// output shape differs from the first's are told to `differs`, with the choice's path and
// both shapes. Supernets and fair comparisons need equal shapes.
void check_choices(
    const Template& blueprint,
    std::span<const Param> params,
    const Genotype& genotype,
    const std::function<void(const std::string& path, const std::string& message)>& differs);

}  // namespace parnas::spaces
