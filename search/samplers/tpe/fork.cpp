// SPDX-License-Identifier: Apache-2.0
#include "search/samplers/tpe/fork.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

namespace parnas::search {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// How much lower the best of `values` is than that of a random half of them: on average, half
// of the halves have the best, a quarter the second best, ...
double chance_drop(std::vector<double> values) {
    std::ranges::sort(values);
    double share = 0.5;
    double drop = 0.0;
    for (const double value : values) {
        drop += share * (value - values.front());
        share *= 0.5;
    }
    return drop;
}

// How much lower the best is than it was after half of the trials.
double last_drop(std::span<const double> values) {
    const double half = *std::ranges::min_element(values.first((values.size() + 1) / 2));
    return half - *std::ranges::min_element(values);
}

}  // namespace

std::optional<spaces::ParamIndex> find_fork(std::span<const spaces::Param> params) {
    std::vector<std::size_t> root(params.size());  // the unconditional ancestor
    std::vector<std::size_t> woken(params.size(), 0);
    for (std::size_t i = 0; i < params.size(); ++i) {
        root[i] = params[i].condition ? root[params[i].condition->parent] : i;
        if (root[i] != i)
            ++woken[root[i]];
    }
    std::optional<spaces::ParamIndex> fork;
    for (std::size_t i = 0; i < params.size(); ++i) {
        const auto* domain = std::get_if<spaces::Categorical>(&params[i].domain);
        if (woken[i] == 0 || domain == nullptr || domain->ordered)
            continue;
        if (fork)
            return std::nullopt;
        fork = i;
    }
    if (fork && 2 * woken[*fork] < params.size())
        return std::nullopt;
    return fork;
}

double forecast(const Branch& branch, std::size_t more) {
    if (branch.trials < kFirst)
        return -kInfinity;
    if (branch.values.empty())
        return kInfinity;
    const double best = *std::ranges::min_element(branch.values);
    const double drop = std::max(last_drop(branch.values), chance_drop(branch.values));
    const auto trials = static_cast<double>(branch.trials);
    return best - drop * std::log2((trials + static_cast<double>(more)) / trials);
}

std::size_t choose_branch(std::span<const Branch> branches) {
    std::size_t all = 0;
    for (const Branch& branch : branches)
        all += branch.trials;
    std::size_t chosen = 0;
    std::pair<double, std::size_t> least{kInfinity, std::numeric_limits<std::size_t>::max()};
    for (std::size_t i = 0; i < branches.size(); ++i) {
        const std::pair merit{forecast(branches[i], all), branches[i].trials};
        if (merit < least) {
            least = merit;
            chosen = i;
        }
    }
    return chosen;
}

}  // namespace parnas::search
