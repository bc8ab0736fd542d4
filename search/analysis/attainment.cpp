// SPDX-License-Identifier: Apache-2.0
#include "search/analysis/attainment.h"

#include <algorithm>
#include <limits>

#include "core/error.h"

namespace parnas::search {

std::vector<Point> attainment(std::span<const std::vector<Point>> runs, std::size_t times) {
    check(times > 0, "what no run attained has no corner");
    struct Entry {
        double x;
        double y;
        std::size_t run;
    };
    std::vector<Entry> entries;
    for (std::size_t run = 0; run < runs.size(); ++run)
        for (const Point& point : runs[run]) {
            check(point.size() == 2, "attainment is of two objectives");
            entries.push_back({point[0], point[1], run});
        }
    if (times > runs.size())
        return {};
    std::ranges::sort(entries, {}, &Entry::x);

    // The best second objective of each run, among the points so far.
    std::vector<double> reached(runs.size(), std::numeric_limits<double>::infinity());
    std::vector<double> sorted;
    std::vector<Point> corners;
    for (std::size_t i = 0; i < entries.size(); ++i) {
        double& own = reached[entries[i].run];
        own = std::min(own, entries[i].y);
        if (i + 1 < entries.size() && entries[i + 1].x == entries[i].x)
            continue;
        sorted = reached;
        const auto place = sorted.begin() + static_cast<std::ptrdiff_t>(times - 1);
        std::ranges::nth_element(sorted, place);
        const double before =
            corners.empty() ? std::numeric_limits<double>::infinity() : corners.back()[1];
        if (*place < before)
            corners.push_back({entries[i].x, *place});
    }
    return corners;
}

}  // namespace parnas::search
