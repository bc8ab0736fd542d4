// SPDX-License-Identifier: Apache-2.0
#include "search/fronts/hypervolume_subset.h"

#include <algorithm>
#include <queue>

#include "search/fronts/hypervolume.h"

namespace parnas::search {
namespace {

struct Gain {
    double volume = 0.0;
    std::size_t place = 0;
    std::size_t measured = 0;  // how many were chosen before

    bool operator<(const Gain& other) const {
        return volume != other.volume ? volume < other.volume : place > other.place;
    }
};

}  // namespace

std::vector<std::size_t> hypervolume_subset(PointRows points,
                                            std::span<const double> reference,
                                            std::size_t count) {
    check_rows(points, reference);
    std::vector<Gain> gains;
    for (std::size_t i = 0; i < points.size(); ++i)
        gains.push_back({.volume = hypervolume(
                             {.values = points[i], .objectives = points.objectives}, reference),
                         .place = i});
    std::priority_queue<Gain> open(std::less<Gain>(), std::move(gains));
    std::vector<std::size_t> chosen;
    std::vector<double> rows;  // of the chosen ones
    double volume = 0.0;
    while (chosen.size() < count && !open.empty()) {
        Gain best = open.top();
        open.pop();
        rows.insert(rows.end(), points[best.place].begin(), points[best.place].end());
        const double with =
            hypervolume({.values = rows, .objectives = points.objectives}, reference);
        if (best.measured == chosen.size()) {
            volume = with;
            chosen.push_back(best.place);
            continue;
        }
        rows.resize(rows.size() - points.objectives);
        best.volume = with - volume;
        best.measured = chosen.size();
        open.push(best);
    }
    return chosen;
}

}  // namespace parnas::search
