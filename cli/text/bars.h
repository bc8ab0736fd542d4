// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "cli/text/plots.h"

namespace parnas::cli {

struct Bar {
    std::string label;
    double share = 0.0;  // in [0, 1]
};

// A line for each, in `columns` characters if that is enough for label and number:
// "lr          0.613  ##############". `full` is the share, above 0, of the longest bar.
std::string draw(const std::vector<Bar>& bars, double full, std::size_t columns, Glyphs glyphs);

}  // namespace parnas::cli
