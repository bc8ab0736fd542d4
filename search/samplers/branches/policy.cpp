// SPDX-License-Identifier: Apache-2.0
#include "search/samplers/branches/policy.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace parnas::search {
namespace {

// How much lower the best is than that of a random half of the values: on average, half of the
// halves have the best, a quarter the second best, ...
double drop_of_doubling(const std::vector<double>& lowest) {
    double share = 0.5;
    double drop = 0.0;
    for (const double value : lowest) {
        drop += share * (value - lowest.front());
        share *= 0.5;
    }
    return drop;
}

double expected_gain(const Branch& branch, double best, std::size_t more) {
    if (branch.trials < kFirst)
        return std::numeric_limits<double>::infinity();
    if (branch.lowest.empty())
        return 0.0;
    const auto trials = static_cast<double>(branch.trials);
    const double doublings = std::log2((trials + static_cast<double>(more)) / trials);
    const double mean = doublings * drop_of_doubling(branch.lowest);
    return mean > 0.0 ? mean * std::exp((best - branch.lowest.front()) / mean) : 0.0;
}

}  // namespace

void Branch::add_value(double value) {
    lowest.insert(std::ranges::upper_bound(lowest, value), value);
    if (lowest.size() > kLowest)
        lowest.pop_back();
}

std::vector<double> expected_gains(std::span<const Branch> branches) {
    std::size_t all = 0;
    double best = std::numeric_limits<double>::infinity();
    for (const Branch& branch : branches) {
        all += branch.trials;
        if (!branch.lowest.empty())
            best = std::min(best, branch.lowest.front());
    }
    std::vector<double> gains;
    for (const Branch& branch : branches)
        gains.push_back(expected_gain(branch, best, all));
    return gains;
}

}  // namespace parnas::search
