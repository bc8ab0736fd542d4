// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace parnas::cli {

struct PlotPoint {
    double x = 0.0;
    double y = 0.0;
};

// Points, and among them those that matter, which are marked 1, 2, 3, ... in their order.
// Not finite ones are left out.
struct Scatter {
    std::string x_label;  // "latency (ms)"
    std::string y_label;
    std::vector<PlotPoint> points;
    std::vector<PlotPoint> marked;
};

enum class Glyphs { ascii, braille };

struct PlotSize {
    std::size_t columns = 78;  // of the whole plot, at least 30
    std::size_t rows = 16;     // of the area with points, at least 4
};

// Several lines, each with its end; axes show the least and the greatest value. A mark that
// would hide another one is left out. Empty if there is nothing to show.
std::string draw(const Scatter& scatter, const PlotSize& size, Glyphs glyphs);

}  // namespace parnas::cli
