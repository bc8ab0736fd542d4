// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "search/strategy.h"

namespace parnas::tests {

// A strategy under test, as a job makes it.
struct StrategyCase {
    const search::StrategyFactory& factory;
    std::string options = "{}";  // JSON text
};

// What every strategy promises (search/strategy.h). To be called inside a TEST_CASE.
void check_strategy(const StrategyCase& tested);

}  // namespace parnas::tests
