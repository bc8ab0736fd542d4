// SPDX-License-Identifier: Apache-2.0
#include "search/analysis/check_observations.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace parnas::search {

void check_observations(const Observations& seen) {
    const auto refuse = [](std::string message) {
        throw Error(ErrorKind::invalid_input, std::move(message));
    };
    const std::string left_out =
        seen.left_out > 0 ? fmt::format("; {} without a finite one", seen.left_out) : "";
    if (seen.size() < 2)
        refuse(fmt::format("importance needs at least 2 complete trials with a value: got {}{}",
                           seen.size(),
                           left_out));
    if (seen.axes.empty())
        refuse("the trials have no parameter that could have had another value");
    const auto [low, high] = std::ranges::minmax(seen.values);
    if (low == high)
        refuse(fmt::format("all {} trials have the value {}: there is nothing to explain{}",
                           seen.size(),
                           low,
                           left_out));
}

std::size_t count_known(const Observations& seen, std::size_t axis) {
    std::size_t count = 0;
    for (std::size_t trial = 0; trial < seen.size(); ++trial)
        count += std::isnan(seen.position(trial, axis)) ? 0 : 1;
    return count;
}

}  // namespace parnas::search
