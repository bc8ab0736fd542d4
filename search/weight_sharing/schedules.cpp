// SPDX-License-Identifier: Apache-2.0
#include "search/weight_sharing/schedules.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

namespace parnas::search {
namespace {

constexpr double kSkipDropoutDecay = 0.2;  // per epoch

StrengthValues strongest(const StrengthValues& all, std::size_t keep) {
    std::vector<std::size_t> order(all.values.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(order, std::greater<>(), [&](std::size_t i) { return all.values[i]; });
    order.resize(std::min(keep, order.size()));
    std::ranges::sort(order);
    StrengthValues kept{.strength = all.strength};
    kept.strength.entries.clear();
    for (const std::size_t i : order) {
        kept.strength.entries.push_back(all.strength.entries[i]);
        kept.values.push_back(all.values[i]);
    }
    return kept;
}

}  // namespace

double share_of_way(std::int64_t epoch, std::int64_t epochs) {
    return epochs > 1 ? static_cast<double>(epoch) / static_cast<double>(epochs - 1) : 0.0;
}

double linear(double begin, double end, double share) {
    return begin + (end - begin) * share;
}

double cosine(double begin, double end, double share) {
    return end + 0.5 * (begin - end) * (1.0 + std::cos(std::numbers::pi * share));
}

double skip_dropout(double first, std::int64_t epoch) {
    return first * std::exp(-kSkipDropoutDecay * static_cast<double>(epoch));
}

Architecture strongest(const Architecture& architecture, std::int64_t keep) {
    Architecture kept;
    for (const StrengthValues& each : architecture.strengths)
        kept.strengths.push_back(each.strength.kind == spaces::Strength::Kind::options
                                     ? strongest(each, static_cast<std::size_t>(keep))
                                     : each);
    return kept;
}

}  // namespace parnas::search
