// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string_view>

#include "core/registry.h"
#include "search/strategy.h"

namespace parnas::search {

// The strategy whose `type` and options `options` has, behind the pre-filter that its
// `prefilter` asks for. Null after faults. Throws Error(not_found) for an unknown type.
std::unique_ptr<Strategy> make_strategy(const Registry<StrategyFactory>& strategies,
                                        ObjectReader& options,
                                        const SamplerSetup& setup);

// The strategy under `key` of `options`, which another one uses; where there is none `usual`, its
// JSON. Null after faults.
std::unique_ptr<Strategy> make_inner_strategy(const Registry<StrategyFactory>& strategies,
                                              ObjectReader& options,
                                              std::string_view key,
                                              const Json& usual,
                                              const SamplerSetup& setup);

// The same of one that another goes on with; the usual one is nsga2 for several objectives, else
// regularized_evolution. Null after faults.
std::unique_ptr<Strategy> make_inner_strategy(const Registry<StrategyFactory>& strategies,
                                              ObjectReader& options,
                                              std::string_view key,
                                              const SamplerSetup& setup);

}  // namespace parnas::search
