// SPDX-License-Identifier: Apache-2.0
// Sorts points and measures hypervolumes for bench/peers/fronts.py. A line in is
// {"what": "ranks" or "hypervolume", "points": [[...], ...], "reference": [...], "rounds": n},
// a line out {"cpu_seconds": [one for each round], "result": the ranks or the volume}.
#include <cstdint>
#include <ctime>
#include <exception>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/json.h"
#include "search/fronts/hypervolume.h"
#include "search/fronts/non_dominated_sort.h"
#include "search/pareto.h"

namespace parnas::bench {
namespace {

template <typename Work>
Json time_rounds(std::int64_t rounds, const Work& work) {
    Json seconds = Json::array();
    Json result;
    for (std::int64_t i = 0; i < rounds; ++i) {
        const std::clock_t start = std::clock();
        auto found = work();
        seconds.push_back(static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC);
        result = std::move(found);
    }
    return {{"cpu_seconds", std::move(seconds)}, {"result", std::move(result)}};
}

Json answer(const Json& request) {
    const auto points = request.at("points").get<std::vector<search::Point>>();
    const auto reference = request.at("reference").get<search::Point>();
    const auto rounds = request.at("rounds").get<std::int64_t>();
    const std::vector<double> values = search::rows_of(points);
    const search::PointRows rows{.values = values, .objectives = reference.size()};
    if (request.at("what") == "ranks")
        return time_rounds(rounds, [&] { return search::non_dominated_sort(rows); });
    return time_rounds(rounds, [&] { return search::hypervolume(rows, reference); });
}

}  // namespace
}  // namespace parnas::bench

int main() {
    try {
        for (std::string line; std::getline(std::cin, line);)
            std::cout << parnas::bench::answer(parnas::parse_json(line, "")).dump() << std::endl;
        return 0;
    } catch (const std::exception& error) {
        std::cerr << "error: " << error.what() << '\n';
        return 1;
    }
}
