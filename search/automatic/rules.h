// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "search/automatic/shape.h"

namespace parnas::search {

// A strategy for a part of a study.
struct Suited {
    TrialNumber from = 0;  // the first trial that it proposes
    std::string strategy;  // its options, a JSON object as in a job
    std::string reason;
};

// Which strategy suits a problem, and which take over from it, by `from`. At least one, the first
// from 0. The table is in docs/job-file.md.
std::vector<Suited> suited_strategies(const Shape& shape);

}  // namespace parnas::search
