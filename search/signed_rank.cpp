// SPDX-License-Identifier: Apache-2.0
#include "search/signed_rank.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <vector>

#include "core/error.h"

namespace parnas::search {
namespace {

constexpr std::size_t kMostExact = 50;

// All ranks doubled, so that mean ranks are integers.
struct SignedRanks {
    std::vector<std::size_t> ranks;  // of differences other than zero
    std::size_t positive = 0;        // the sum of those of positive differences
};

SignedRanks rank(std::span<const double> differences) {
    std::vector<double> sorted(differences.begin(), differences.end());
    std::ranges::sort(sorted, {}, [](double each) { return std::abs(each); });
    SignedRanks result;
    for (std::size_t begin = 0, end = 0; begin < sorted.size(); begin = end) {
        while (end < sorted.size() && std::abs(sorted[end]) == std::abs(sorted[begin]))
            ++end;
        if (sorted[begin] == 0.0)
            continue;
        for (std::size_t i = begin; i < end; ++i) {
            result.ranks.push_back(begin + end + 1);
            result.positive += sorted[i] > 0.0 ? begin + end + 1 : 0;
        }
    }
    return result;
}

// The share of all signs whose positive ranks sum up to at least `sum`.
double exact(const std::vector<std::size_t>& ranks, std::size_t sum) {
    std::vector<double> ways{1.0};  // how many of the signs so far give each sum
    for (const std::size_t each : ranks) {
        ways.resize(ways.size() + each);
        for (std::size_t i = ways.size() - 1; i >= each; --i)
            ways[i] += ways[i - each];
    }
    const double reached =
        std::accumulate(ways.begin() + static_cast<std::ptrdiff_t>(sum), ways.end(), 0.0);
    return std::ldexp(reached, -static_cast<int>(ranks.size()));
}

double approximate(const std::vector<std::size_t>& ranks, std::size_t sum) {
    double mean = 0.0;
    double variance = 0.0;
    for (const std::size_t each : ranks) {
        const double half = 0.5 * static_cast<double>(each);
        mean += half;
        variance += half * half;
    }
    return 0.5 * std::erfc((static_cast<double>(sum) - mean) / std::sqrt(2.0 * variance));
}

}  // namespace

double signed_rank_p(std::span<const double> differences) {
    if (std::ranges::any_of(differences, [](double each) { return std::isnan(each); }))
        throw Error(ErrorKind::internal, "a signed-rank test of NaN");
    const SignedRanks signs = rank(differences);
    return signs.ranks.size() <= kMostExact ? exact(signs.ranks, signs.positive)
                                            : approximate(signs.ranks, signs.positive);
}

}  // namespace parnas::search
