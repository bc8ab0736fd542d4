// SPDX-License-Identifier: Apache-2.0
#include "search/zero_cost/vote.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>

namespace parnas::search {
namespace {

// Known of every candidate without scoring it.
constexpr std::array kCounts{"parameters", "multiply_adds"};

double value_of(const Metrics& metrics, const std::string& voter) {
    const auto found = metrics.find(voter);
    return found == metrics.end() || std::isnan(found->second)
               ? -std::numeric_limits<double>::infinity()
               : found->second;
}

void add_ranks(const std::vector<double>& values, std::vector<double>& sums) {
    std::vector<std::size_t> order(values.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(
        order, std::ranges::greater(), [&](std::size_t i) { return values[i]; });
    for (std::size_t begin = 0, end = 0; begin < order.size(); begin = end) {
        while (end < order.size() && values[order[end]] == values[order[begin]])
            ++end;
        const double rank = static_cast<double>(begin + 1 + end) / 2.0;
        for (std::size_t i = begin; i < end; ++i)
            sums[order[i]] += rank;
    }
}

}  // namespace

Vote read_vote(ObjectReader& options, std::uint64_t seed) {
    Vote vote;
    std::vector<std::string> known;
    for (const Proxy proxy : kProxies)
        known.emplace_back(to_string(proxy));
    known.insert(known.end(), kCounts.begin(), kCounts.end());
    if (options.has("proxies"))
        vote.voters = read_words(options, "proxies", known);
    vote.scoring.proxies.clear();
    for (const std::string& voter : vote.voters)
        if (const auto proxy = find_proxy(voter))
            vote.scoring.proxies.push_back(*proxy);
    if (vote.scoring.proxies.empty() && options.faults().empty())
        options.fault("proxies", "at least one that is more than a count is needed: synflow");
    read_scoring_size(options, vote.scoring);
    vote.scoring.seed = seed;
    return vote;
}

std::vector<double> mean_ranks(std::span<const Metrics> candidates,
                               std::span<const std::string> voters) {
    std::vector<double> ranks(candidates.size(), 0.0);
    std::vector<double> values(candidates.size());
    for (const std::string& voter : voters) {
        std::ranges::transform(candidates, values.begin(), [&](const Metrics& metrics) {
            return value_of(metrics, voter);
        });
        add_ranks(values, ranks);
    }
    for (double& rank : ranks)
        rank /= static_cast<double>(voters.size());
    return ranks;
}

}  // namespace parnas::search
