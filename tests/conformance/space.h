// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "spaces/search_space.h"

namespace parnas::tests {

using ReloadSpace = std::function<std::unique_ptr<spaces::SearchSpace>(std::string_view document)>;

// What every search space promises (spaces/search_space.h), on `samples` of its genotypes.
// To be called inside a TEST_CASE. `reload` makes the space again from its document.
void check_space(const spaces::SearchSpace& space, const ReloadSpace& reload, int samples);

}  // namespace parnas::tests
