// SPDX-License-Identifier: Apache-2.0
#include "search/weight_sharing/trade_off.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace parnas::search {
namespace {

// Preferences are logarithms of weights; costs are scaled to differ by at most 1 in a choice.
constexpr double kSmallestWeight = 1e-3;
constexpr double kLargestWeight = 1e3;
constexpr int kWeights = 13;   // two in a decade, and as many below zero
constexpr int kHalvings = 12;  // between two of them

double widest(const AdditiveCost& cost) {
    double width = 0.0;
    for (const std::vector<double>& options : cost.options)
        if (!options.empty()) {
            const auto [least, most] = std::ranges::minmax(options);
            width = std::max(width, most - least);
        }
    return width;
}

Preferences minus(Preferences preferences, const AdditiveCost& cost, double weight) {
    for (std::size_t param = 0; param < preferences.options.size(); ++param)
        for (std::size_t i = 0; i < preferences.options[param].size(); ++i)
            preferences.options[param][i] -= weight * cost.options[param][i];
    return preferences;
}

// Ascending, with 0 in the middle.
std::vector<double> weights() {
    std::vector<double> result{0.0};
    const double step = std::log(kLargestWeight / kSmallestWeight) / (kWeights - 1);
    for (int i = 0; i < kWeights; ++i) {
        const double weight = kSmallestWeight * std::exp(step * i);
        result.push_back(weight);
        result.push_back(-weight);
    }
    std::ranges::sort(result);
    return result;
}

std::optional<TradeOff> at(const TradeOffSearch& search, double weight) {
    DiscretiseOptions options = search.discretise;
    if (weight > 0.0)
        options.none = NoneRule::drop;  // nothing is cheaper than a network without a path
    const double scale = weight == 0.0 ? 0.0 : weight / widest(*search.cost);
    auto genotype = discretise(
        search.space,
        search.open,
        weight == 0.0 ? search.preferences : minus(search.preferences, *search.cost, scale),
        search.base,
        options);
    if (!genotype)
        return std::nullopt;
    const double cost =
        search.cost == nullptr ? 0.0 : predict(*search.cost, search.space.params(), *genotype);
    return TradeOff{.genotype = *std::move(genotype), .cost_weight = weight, .cost = cost};
}

std::size_t differences(const Genotype& a, const Genotype& b) {
    std::size_t count = 0;
    for (std::size_t i = 0; i < a.values.size(); ++i)
        count += a.values[i] != b.values[i];
    return count;
}

// What lies between two weights, by halving while their genotypes differ in several values.
void look_between(const TradeOffSearch& search,
                  const TradeOff& low,
                  const TradeOff& high,
                  int halvings,
                  std::vector<TradeOff>& found) {
    if (halvings == 0 || differences(low.genotype, high.genotype) < 2)
        return;
    const auto middle = at(search, 0.5 * (low.cost_weight + high.cost_weight));
    if (!middle)
        return;
    found.push_back(*middle);
    look_between(search, low, *middle, halvings - 1, found);
    look_between(search, *middle, high, halvings - 1, found);
}

std::vector<TradeOff> sweep(const TradeOffSearch& search) {
    std::vector<TradeOff> found;
    std::optional<TradeOff> low;
    for (const double weight : weights()) {
        const std::optional<TradeOff> high = at(search, weight);
        if (low && high)
            look_between(search, *low, *high, kHalvings, found);
        if (high)
            found.push_back(*high);
        low = high;
    }
    return found;
}

// By the size of their cost weights, of equal ones the positive first.
std::vector<TradeOff> all_accepted(const TradeOffSearch& search) {
    std::vector<TradeOff> found;
    if (search.cost != nullptr && widest(*search.cost) > 0.0)
        found = sweep(search);
    else if (const auto only = at(search, 0.0))
        found.push_back(*only);
    std::ranges::sort(found, {}, [](const TradeOff& each) {
        return std::pair(std::abs(each.cost_weight), each.cost_weight < 0.0);
    });
    std::vector<Genotype> seen;
    std::vector<TradeOff> accepted;
    for (TradeOff& each : found) {
        if (std::ranges::find(seen, each.genotype) != seen.end())
            continue;
        seen.push_back(each.genotype);
        if (search.accept(each.genotype))
            accepted.push_back(std::move(each));
    }
    return accepted;
}

}  // namespace

std::vector<TradeOff> trade_offs(const TradeOffSearch& search, std::size_t others) {
    std::vector<TradeOff> found = all_accepted(search);
    if (found.size() <= others + 1)
        return found;
    std::ranges::sort(found.begin() + 1, found.end(), {}, &TradeOff::cost);
    std::vector<TradeOff> chosen{found.front()};
    const double last = static_cast<double>(found.size()) - 2.0;
    for (std::size_t i = 0; i < others; ++i) {
        const double share =
            others > 1 ? static_cast<double>(i) / static_cast<double>(others - 1) : 0.5;
        chosen.push_back(found[1 + static_cast<std::size_t>(std::lround(share * last))]);
    }
    return chosen;
}

}  // namespace parnas::search
