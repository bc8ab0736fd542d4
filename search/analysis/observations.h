// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "spaces/param.h"
#include "store/store.h"

namespace parnas::search {

// What was tried and what came of it, as analyses take it: n trials by d parameters.
struct Observations {
    struct Axis {
        std::string name;
        spaces::Domain domain;  // wide enough for all trials
    };

    std::vector<Axis> axes;         // d; a parameter that can only have one value is none
    std::vector<double> positions;  // n x d, row by row, on [0, 1]; NaN: the trial lacks it
    std::vector<double> values;     // n, finite, as measured
    std::size_t left_out = 0;       // complete trials whose value is missing or not finite

    std::size_t size() const { return values.size(); }
    double position(std::size_t trial, std::size_t axis) const {
        return positions[trial * axes.size() + axis];
    }
};

// Of the complete trials of the search that had the full budget. Reads the parameters that the
// trials have, so it needs no space and takes other programs' studies.
Observations observe(const store::StudySpec& study,
                     std::span<const store::TrialRecord> trials,
                     std::string_view metric);

}  // namespace parnas::search
