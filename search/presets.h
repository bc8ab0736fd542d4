// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "search/goals.h"

namespace parnas::search {

// Limits under one name, for a kind of place where the network is to run.
struct Preset {
    std::string_view name;
    std::string_view about;
    Limits limits;
};

std::span<const Preset> presets();

// Throws Error(invalid_input) at `where`, which names the nearest one.
const Preset& find_preset(std::string_view name, std::string where = {});

}  // namespace parnas::search
