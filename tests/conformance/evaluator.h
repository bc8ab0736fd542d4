// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "evaluators/evaluator.h"

namespace parnas::tests {

// An evaluator under test, as a job makes it.
struct EvaluatorCase {
    const evaluators::EvaluatorFactory& factory;
    std::filesystem::path base;        // where relative paths of the options start
    std::string options;               // JSON text
    std::vector<std::string> changes;  // merge patches (RFC 7386): each is another evaluator
    // A merge patch under which an evaluation takes minutes; none: all are quick.
    std::optional<std::string> slow;
    const spaces::SearchSpace& space;             // fits
    const spaces::SearchSpace* misfit = nullptr;  // does not; null: all spaces fit
    bool reads_network = false;
    std::set<std::string> times;  // metrics that are wall times and differ from run to run
    int candidates = 10;
};

// What every evaluator promises (evaluators/evaluator.h). To be called inside a TEST_CASE.
void check_evaluator(const EvaluatorCase& tested);

}  // namespace parnas::tests
