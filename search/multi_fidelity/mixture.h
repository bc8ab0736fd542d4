// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "search/strategy.h"

namespace parnas::search {

// Proposes what `other` does with this probability, else what `main` does; tells both of all.
// Phases are those of `main`.
std::unique_ptr<Strategy> make_mixture(std::unique_ptr<Strategy> main,
                                       std::unique_ptr<Strategy> other,
                                       double probability);

}  // namespace parnas::search
