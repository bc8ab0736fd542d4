// SPDX-License-Identifier: Apache-2.0
#include "search/analysis/rank_sum.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <vector>

#include "core/error.h"

namespace parnas::search {
namespace {

constexpr std::size_t kMostExactValues = 50;

// All ranks doubled, so that mean ranks are integers.
struct JointRanks {
    std::vector<std::size_t> ranks;  // of all values
    std::size_t first = 0;           // the sum of those of the first sample
};

JointRanks joint_ranks(std::span<const double> a, std::span<const double> b) {
    struct Entry {
        double value;
        bool is_first;
    };
    std::vector<Entry> all;
    for (const double each : a)
        all.push_back({each, true});
    for (const double each : b)
        all.push_back({each, false});
    std::ranges::sort(all, {}, &Entry::value);
    JointRanks result;
    for (std::size_t begin = 0, end = 0; begin < all.size(); begin = end) {
        while (end < all.size() && all[end].value == all[begin].value)
            ++end;
        for (std::size_t i = begin; i < end; ++i) {
            result.ranks.push_back(begin + end + 1);
            result.first += all[i].is_first ? begin + end + 1 : 0;
        }
    }
    return result;
}

// The share of all subsets of `count` ranks whose sum is at least `sum`.
double exact_share(const std::vector<std::size_t>& ranks, std::size_t count, std::size_t sum) {
    const std::size_t most = std::accumulate(ranks.begin(), ranks.end(), std::size_t{0});
    // ways[k][s]: how many subsets of k of the ranks so far have the sum s.
    std::vector<std::vector<double>> ways(count + 1, std::vector<double>(most + 1, 0.0));
    ways[0][0] = 1.0;
    for (const std::size_t rank : ranks)
        for (std::size_t k = count; k > 0; --k)
            for (std::size_t s = most; s >= rank; --s)
                ways[k][s] += ways[k - 1][s - rank];
    const std::vector<double>& all = ways[count];
    const double reached =
        std::accumulate(all.begin() + static_cast<std::ptrdiff_t>(sum), all.end(), 0.0);
    return reached / std::accumulate(all.begin(), all.end(), 0.0);
}

double approximate_share(const std::vector<std::size_t>& ranks,
                         std::size_t count,
                         std::size_t sum) {
    const auto n = static_cast<double>(ranks.size());
    const auto drawn = static_cast<double>(count);
    double mean = 0.0;
    for (const std::size_t rank : ranks)
        mean += static_cast<double>(rank) / n;
    double variance = 0.0;  // of a rank
    for (const std::size_t rank : ranks)
        variance += (static_cast<double>(rank) - mean) * (static_cast<double>(rank) - mean) / n;
    const double of_sum = drawn * variance * (n - drawn) / (n - 1.0);
    if (of_sum == 0.0)
        return 1.0;
    return 0.5 * std::erfc((static_cast<double>(sum) - drawn * mean) / std::sqrt(2.0 * of_sum));
}

}  // namespace

double rank_sum_p(std::span<const double> a, std::span<const double> b) {
    const auto is_nan = [](double each) { return std::isnan(each); };
    if (std::ranges::any_of(a, is_nan) || std::ranges::any_of(b, is_nan))
        throw Error(ErrorKind::internal, "a rank-sum test of NaN");
    if (a.empty() || b.empty())
        return 1.0;
    const JointRanks joint = joint_ranks(a, b);
    return joint.ranks.size() <= kMostExactValues
               ? exact_share(joint.ranks, a.size(), joint.first)
               : approximate_share(joint.ranks, a.size(), joint.first);
}

}  // namespace parnas::search
