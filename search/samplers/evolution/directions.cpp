// SPDX-License-Identifier: Apache-2.0
#include "search/samplers/evolution/directions.h"

#include <algorithm>

namespace parnas::search {
namespace {

void add_even(std::vector<double>& prefix,
              std::size_t objectives,
              std::size_t left,
              std::size_t divisions,
              Directions& all) {
    const auto share = [&](std::size_t parts) {
        return static_cast<double>(parts) / static_cast<double>(divisions);
    };
    if (prefix.size() + 1 == objectives) {
        all.push_back(prefix);
        all.back().push_back(share(left));
        return;
    }
    for (std::size_t parts = 0; parts <= left; ++parts) {
        prefix.push_back(share(parts));
        add_even(prefix, objectives, left - parts, divisions, all);
        prefix.pop_back();
    }
}

// The most divisions, at least one, that have up to `count` even directions.
std::size_t most_divisions(std::size_t objectives, std::size_t count) {
    std::size_t divisions = 1;
    while (count_even_directions(objectives, divisions + 1) <= count)
        ++divisions;
    return divisions;
}

}  // namespace

std::size_t count_even_directions(std::size_t objectives, std::size_t divisions) {
    constexpr std::size_t kMost = 1'000'000'000;
    std::size_t count = 1;
    for (std::size_t i = 1; i < objectives; ++i)
        count = std::min(kMost, count * (divisions + i) / i);
    return count;
}

Directions even_directions(std::size_t objectives, std::size_t divisions) {
    Directions all;
    std::vector<double> prefix;
    add_even(prefix, objectives, divisions, divisions, all);
    return all;
}

Directions layered_directions(std::size_t objectives, std::size_t outer, std::size_t inner) {
    Directions all = even_directions(objectives, outer);
    for (std::vector<double>& each : even_directions(objectives, inner)) {
        for (double& weight : each)
            weight = 0.5 * (weight + 1.0 / static_cast<double>(objectives));
        all.push_back(std::move(each));
    }
    return all;
}

Directions directions_up_to(std::size_t objectives, std::size_t count) {
    if (objectives == 1)
        return even_directions(1, 1);
    const std::size_t even = most_divisions(objectives, count);
    if (even >= objectives)
        return even_directions(objectives, even);
    const std::size_t taken = count_even_directions(objectives, even);
    if (taken + objectives > count)
        return even_directions(objectives, even);
    return layered_directions(objectives, even, most_divisions(objectives, count - taken));
}

}  // namespace parnas::search
