// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "core/rng.h"

namespace parnas::evaluators {

// All indices of `labels` in such an order that any contiguous part of it has every class
// in proportion, up to one sample. Which samples of a class come first is random.
std::vector<std::int64_t> stratified_order(const std::vector<std::int32_t>& labels, Rng& rng);

}  // namespace parnas::evaluators
