// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "search/strategy.h"

namespace parnas::tests {

// Which spaces a strategy is tested on: any with parameters, those with blocks, which a
// supernet is made from, or of these the ones whose parameters all choose between blocks.
enum class TestedOn { parameters, blocks, choices };

// A strategy under test, as a job makes it.
struct StrategyCase {
    search::StrategyFactory factory{};
    std::string options = "{}";  // JSON text
    TestedOn spaces = TestedOn::parameters;
    bool promotes = false;            // it may propose a point again at a higher fidelity
    std::size_t most_objectives = 3;  // that it searches for, of up to 3
    // What comes of a phase that it asks for: a function of its name and settings alone.
    std::function<evaluators::PhaseResult(const search::Phase& phase)> run_phase =
        [](const search::Phase&) { return evaluators::PhaseResult{}; };

    std::unique_ptr<search::Strategy> make(const search::SamplerSetup& setup) const;
};

// What every strategy promises (search/strategy.h). To be called inside a TEST_CASE.
void check_strategy(const StrategyCase& tested);

// That a study's log depends neither on workers nor on interruptions, and that a maximised
// objective is a minimised one with another sign. To be called inside a TEST_CASE.
void check_strategy_in_study(const StrategyCase& tested);

}  // namespace parnas::tests
