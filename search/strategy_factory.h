// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "core/registry.h"
#include "search/strategy.h"

namespace parnas::search {

// The strategy whose `type` and options `options` has, behind the pre-filter that its
// `prefilter` asks for. Null after faults. Throws Error(not_found) for an unknown type.
std::unique_ptr<Strategy> make_strategy(const Registry<StrategyFactory>& strategies,
                                        ObjectReader& options,
                                        const SamplerSetup& setup);

}  // namespace parnas::search
