// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string_view>

#include <nlohmann/json.hpp>

#include "core/document.h"
#include "spaces/load.h"

namespace parnas::tests {

inline std::unique_ptr<spaces::SearchSpace> read_space(std::string_view text) {
    const Json reference{{"document", Document::parse(text, "space.yaml").root()}};
    return spaces::load_space(reference, ".");
}

}  // namespace parnas::tests
