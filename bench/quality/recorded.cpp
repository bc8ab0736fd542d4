// SPDX-License-Identifier: Apache-2.0
#include "bench/quality/recorded.h"

#include <algorithm>
#include <cmath>

#include "evaluators/tabular/table.h"

namespace parnas::bench {
namespace {

bool is_better(double a, double b, Direction direction) {
    return direction == Direction::maximize ? a > b : a < b;
}

// P(X <= k) of n throws of a fair coin.
double binomial_tail(std::size_t k, std::size_t n) {
    double sum = 0.0;
    double term = std::pow(0.5, static_cast<double>(n));  // C(n, i) / 2^n
    for (std::size_t i = 0; i <= k; ++i) {
        sum += term;
        term *= static_cast<double>(n - i) / static_cast<double>(i + 1);
    }
    return sum;
}

}  // namespace

std::vector<Recorded> read_recorded(const std::filesystem::path& file) {
    const evaluators::Table table({{.path = file, .on = ""}});
    const auto problems = table.cells(table.column("problem"));
    const auto samplers = table.cells(table.column("sampler"));
    const auto trials = table.numbers(table.column("n"));
    const auto seeds = table.numbers(table.column("seeds"));
    const auto medians = table.numbers(table.column("median"));
    const auto q25 = table.numbers(table.column("q25"));
    const auto q75 = table.numbers(table.column("q75"));
    std::vector<Recorded> recorded;
    for (std::size_t i = 0; i < table.rows(); ++i)
        recorded.push_back({.problem = std::string(problems[i]),
                            .sampler = std::string(samplers[i]),
                            .trials = static_cast<std::int64_t>(trials[i]),
                            .seeds = static_cast<std::int64_t>(seeds[i]),
                            .median = medians[i],
                            .q25 = q25[i],
                            .q75 = q75[i]});
    return recorded;
}

std::optional<Recorded> best_recorded(std::span<const Recorded> recorded,
                                      std::string_view problem,
                                      std::int64_t trials,
                                      Direction direction) {
    std::optional<Recorded> best;
    for (const Recorded& each : recorded)
        if (each.problem == problem && each.trials == trials &&
            (!best || is_better(each.median, best->median, direction)))
            best = each;
    return best;
}

SignTest sign_test(std::span<const double> values, double median, Direction direction) {
    SignTest test;
    for (const double value : values) {
        test.better += is_better(value, median, direction) ? 1 : 0;
        test.worse += is_better(median, value, direction) ? 1 : 0;
    }
    const double tail = binomial_tail(std::min(test.better, test.worse), test.better + test.worse);
    test.p = std::min(1.0, 2.0 * tail);
    return test;
}

}  // namespace parnas::bench
