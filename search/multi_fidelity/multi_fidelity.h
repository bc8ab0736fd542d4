// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "core/registry.h"
#include "search/strategy.h"

namespace parnas::search {

// Strategies that measure many configurations a little and go on with the best. A promotion is a
// new trial of the same configuration at a higher fidelity, warm-started with the weights of the
// trial before if those are kept; what ends below fidelity 1 is told as pruned, with what it
// measured. Initial points are evaluated at fidelity 1.
//
//     eta: 3                 the best 1/eta of a level go on, to eta times the fidelity
//     min_fidelity: 1/9      of the lowest level, which is the lowest eta^-k above it
//     inner: {type: random}  where new configurations come from: any strategy of `inner`
//     random_fraction: 0     of them are random whatever `inner` says
//     enough: 10             measured configurations that a level has before `inner` learns from
//                            it (learner.h); more with many parameters
//
// asha: asynchronous promotion. hyperband: brackets. bohb: Hyperband whose configurations come
// from TPE by two thirds (Falkner, Klein and Hutter, ICML 2018).
//
// Null after faults.
std::unique_ptr<Strategy> make_asha(ObjectReader& options,
                                    const SamplerSetup& setup,
                                    const Registry<StrategyFactory>& inner);
std::unique_ptr<Strategy> make_hyperband(ObjectReader& options,
                                         const SamplerSetup& setup,
                                         const Registry<StrategyFactory>& inner);
std::unique_ptr<Strategy> make_bohb(ObjectReader& options,
                                    const SamplerSetup& setup,
                                    const Registry<StrategyFactory>& inner);

}  // namespace parnas::search
