// SPDX-License-Identifier: Apache-2.0
#include "search/terminators/yield.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <numeric>

#include "search/fronts/hypervolume.h"
#include "search/trial_codec.h"

namespace parnas::search {
namespace {

constexpr std::size_t kResamples = 200;
constexpr std::size_t kOrders = 32;  // of several objectives
constexpr std::size_t kOrdersOfResample = 4;
constexpr std::size_t kResamplesOfSeveral = 50;

// What random parts of the trials are worth: a best value or a negative hypervolume.
struct Parts {
    double quarter = 0.0;
    double half = 0.0;
    double all = 0.0;
};

// Ascending. A trial that brought nothing is worth as little as the worst that brought something.
std::vector<double> sorted_values(const Yield& yield) {
    std::vector<double> values = yield.values();
    values.resize(yield.trials(), *std::ranges::max_element(values));
    std::ranges::sort(values);
    return values;
}

Parts parts_of(const std::vector<double>& values) {
    return {.quarter = mean_best(values, values.size() / 4),
            .half = mean_best(values, values.size() / 2),
            .all = values.front()};
}

// `trials`: indices of rows; those behind the last row brought nothing.
double worth(const Yield& yield,
             std::span<const std::size_t> trials,
             std::span<const double> reference) {
    const std::size_t width = yield.objectives();
    std::vector<double> rows;
    for (const std::size_t trial : trials)
        if (trial < yield.measured())
            std::copy_n(yield.values().begin() + static_cast<std::ptrdiff_t>(trial * width),
                        width,
                        std::back_inserter(rows));
    return -hypervolume({.values = rows, .objectives = width}, reference);
}

Parts parts_of(const Yield& yield,
               std::vector<std::size_t> trials,
               std::span<const double> reference,
               std::size_t orders,
               Rng& rng) {
    Parts parts{.all = worth(yield, trials, reference)};
    const std::span<const std::size_t> all(trials);
    for (std::size_t i = 0; i < orders; ++i) {
        rng.shuffle(std::span(trials));
        parts.quarter += worth(yield, all.first(all.size() / 4), reference);
        parts.half += worth(yield, all.first(all.size() / 2), reference);
    }
    parts.quarter /= static_cast<double>(orders);
    parts.half /= static_cast<double>(orders);
    return parts;
}

// As many again, drawn with replacement, in the same order.
template <typename T>
std::vector<T> resampled(const std::vector<T>& items, Rng& rng) {
    std::vector<std::size_t> counts(items.size());
    for (std::size_t i = 0; i < items.size(); ++i)
        ++counts[rng.below(items.size())];
    std::vector<T> drawn;
    for (std::size_t i = 0; i < items.size(); ++i)
        drawn.insert(drawn.end(), counts[i], items[i]);
    return drawn;
}

}  // namespace

Yield::Yield(const JobSpec& job, std::span<const store::TrialRecord> trials)
    : objectives_(job.objectives.size()) {
    for (const store::TrialRecord& record : trials)
        if (is_finished(record.state) &&
            (record.values.size() == objectives_ || record.state != TrialState::complete))
            add(result_of(record, job));
}

void Yield::add(const Trial& trial) {
    if (trial.stage != Stage::search || trial.fidelity < 1.0)
        return;
    ++trials_;
    if (trial.state == TrialState::complete && trial.violation <= 0.0)
        std::ranges::copy(trial.objectives, std::back_inserter(values_));
}

std::optional<ExpectedGain> expected_gain(const Yield& yield,
                                          std::span<const double> reference,
                                          std::size_t more,
                                          std::uint64_t seed) {
    const std::size_t trials = yield.trials();
    if (trials < kLeastForGain || yield.measured() == 0)
        return std::nullopt;
    Rng rng = Rng(seed).fork("expected gain").fork(trials);
    const auto gain_of = [&](const Parts& parts) {
        return extrapolated_gain(parts.quarter, parts.half, parts.all, trials, more);
    };
    ExpectedGain result{.trials = trials, .more = more};
    std::vector<double> gains;
    if (yield.objectives() == 1) {
        const std::vector<double> values = sorted_values(yield);
        result.gain = gain_of(parts_of(values));
        for (std::size_t i = 0; i < kResamples; ++i)
            gains.push_back(gain_of(parts_of(resampled(values, rng))));
    } else {
        std::vector<std::size_t> all(trials);
        std::iota(all.begin(), all.end(), std::size_t{0});
        result.gain = gain_of(parts_of(yield, all, reference, kOrders, rng));
        for (std::size_t i = 0; i < kResamplesOfSeveral; ++i)
            gains.push_back(
                gain_of(parts_of(yield, resampled(all, rng), reference, kOrdersOfResample, rng)));
    }
    std::ranges::sort(gains);
    result.low = std::min(result.gain, gains[gains.size() / 20]);
    result.high = std::max(result.gain, gains[gains.size() - 1 - gains.size() / 20]);
    return result;
}

double extrapolated_gain(double quarter,
                         double half,
                         double all,
                         std::size_t trials,
                         std::size_t more) {
    const double before = quarter - half;
    const double last = half - all;
    if (last <= 0.0)
        return 0.0;
    // Worth is a + b n^-power.
    const double power = before > last ? std::min(4.0, std::log2(before / last)) : 0.0;
    const double growth = 1.0 + static_cast<double>(more) / static_cast<double>(trials);
    if (power < 1e-6)
        return last * std::log2(growth);
    return last * (1.0 - std::pow(growth, -power)) / (std::pow(2.0, power) - 1.0);
}

double mean_best(std::span<const double> sorted, std::size_t count) {
    const auto n = static_cast<double>(sorted.size());
    const auto k = static_cast<double>(count);
    double probability = k / n;  // that the i-th is the best of those that are drawn
    double mean = 0.0;
    for (std::size_t i = 0; i + count <= sorted.size(); ++i) {
        mean += probability * sorted[i];
        const double left = n - static_cast<double>(i) - 1.0;
        probability *= left > 0.0 ? (left - k + 1.0) / left : 0.0;
    }
    return mean;
}

}  // namespace parnas::search
