// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <numeric>

#include "search/analysis/check_observations.h"
#include "search/analysis/importance.h"
#include "spaces/unit_interval.h"

namespace parnas::search {
namespace {

constexpr std::size_t kMostDraws = 4'000;  // trials that a tree learns from

// Scaled so that no sum of squares overflows; shares do not change by it.
std::vector<double> standardised(const std::vector<double>& values) {
    const auto [low, high] = std::ranges::minmax(values);
    const double half = 0.5 * high - 0.5 * low;
    std::vector<double> scaled;
    for (const double value : values)
        scaled.push_back((0.5 * value - 0.5 * low) / half - 0.5);
    return scaled;
}

std::size_t unordered_choices(const spaces::Domain& domain) {
    const auto* categorical = std::get_if<spaces::Categorical>(&domain);
    return categorical && !categorical->ordered ? categorical->choices.size() : 0;
}

// How often each of `n` trials is drawn with replacement.
std::vector<std::uint32_t> bootstrap_counts(std::size_t n, Rng& rng) {
    std::vector<std::uint32_t> counts(n, 0);
    for (std::size_t draw = 0; draw < std::min(n, kMostDraws); ++draw)
        ++counts[rng.below(n)];
    return counts;
}

// Moves choices so that their mean values ascend; those without trials stand at the mean.
void order_choices(std::size_t choices,
                   const std::vector<bool>& known,
                   const TreeSample& sample,
                   double* positions) {
    const auto choice_at = [choices](double position) {
        return static_cast<std::size_t>(position * static_cast<double>(choices));
    };
    std::vector<double> weights(choices, 0.0);
    std::vector<double> means(choices, 0.0);
    for (std::size_t i = 0; i < sample.values.size(); ++i)
        if (known[i]) {
            const std::size_t choice = choice_at(positions[i]);
            weights[choice] += sample.weights[i];
            means[choice] += sample.weights[i] * sample.values[i];
        }
    const double all = std::accumulate(means.begin(), means.end(), 0.0) /
                       std::max(1.0, std::accumulate(weights.begin(), weights.end(), 0.0));
    for (std::size_t choice = 0; choice < choices; ++choice)
        means[choice] = weights[choice] > 0.0 ? means[choice] / weights[choice] : all;
    std::vector<std::size_t> order(choices);
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(order, {}, [&means](std::size_t choice) { return means[choice]; });
    std::vector<double> places(choices);
    for (std::size_t place = 0; place < choices; ++place)
        places[order[place]] = (static_cast<double>(place) + 0.5) / static_cast<double>(choices);
    for (std::size_t i = 0; i < sample.values.size(); ++i)
        positions[i] = places[choice_at(positions[i])];
}

TreeSample draw_sample(const Observations& seen, const std::vector<double>& values, Rng& rng) {
    const std::vector<std::uint32_t> counts = bootstrap_counts(seen.size(), rng);
    TreeSample sample{.axes = seen.axes.size()};
    std::vector<std::size_t> rows;
    for (std::size_t row = 0; row < counts.size(); ++row)
        if (counts[row] > 0) {
            rows.push_back(row);
            sample.values.push_back(values[row]);
            sample.weights.push_back(counts[row]);
        }
    sample.positions.resize(sample.axes * rows.size());
    std::vector<bool> known(rows.size());
    for (std::size_t axis = 0; axis < sample.axes; ++axis) {
        const spaces::Domain& domain = seen.axes[axis].domain;
        double* positions = sample.positions.data() + axis * rows.size();
        for (std::size_t i = 0; i < rows.size(); ++i) {
            positions[i] = seen.position(rows[i], axis);
            known[i] = !std::isnan(positions[i]);
            if (!known[i])
                positions[i] = spaces::to_unit(domain, spaces::sample(domain, rng));
        }
        if (const std::size_t choices = unordered_choices(domain); choices > 0)
            order_choices(choices, known, sample, positions);
    }
    return sample;
}

// Over trees.
struct Moments {
    double sum = 0.0;
    double squares = 0.0;

    void add(double value) {
        sum += value;
        squares += value * value;
    }
    double mean(std::size_t n) const { return sum / static_cast<double>(n); }
    double stddev(std::size_t n) const {
        return std::sqrt(std::max(0.0, squares / static_cast<double>(n) - mean(n) * mean(n)));
    }
};

// Trees that are not constant: a sample may happen to have equal values only.
std::vector<BoxFunction> grow_forest(const Observations& seen, const FanovaOptions& options) {
    const std::vector<double> values = standardised(seen.values);
    const Rng rng(options.seed);
    std::vector<BoxFunction> trees;
    for (std::size_t i = 0; i < options.trees; ++i) {
        Rng own = rng.fork(i);
        BoxFunction tree = grow_tree(draw_sample(seen, values, own), options.shape, own);
        if (tree.size() > 1)
            trees.push_back(std::move(tree));
    }
    if (trees.empty())
        throw Error(ErrorKind::invalid_input,
                    "there are too few different trials to learn anything from");
    return trees;
}

std::vector<ParamImportance> explained_alone(const Observations& seen,
                                             const std::vector<VarianceParts>& parts) {
    std::vector<ParamImportance> params;
    for (std::size_t axis = 0; axis < seen.axes.size(); ++axis) {
        Moments moments;
        for (const VarianceParts& each : parts)
            moments.add(each.alone(axis) / each.total());
        params.push_back({.name = seen.axes[axis].name,
                          .share = moments.mean(parts.size()),
                          .spread = moments.stddev(parts.size()),
                          .trials = count_known(seen, axis)});
    }
    return params;
}

}  // namespace

Importance fanova(const Observations& seen, const FanovaOptions& options) {
    check_observations(seen);
    const std::vector<BoxFunction> trees = grow_forest(seen, options);
    const std::vector<VarianceParts> parts(trees.begin(), trees.end());
    Importance found{.params = explained_alone(seen, parts), .pairs = {}};

    std::vector<std::size_t> order(seen.axes.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(order, std::ranges::greater(), [&found](std::size_t axis) {
        return found.params[axis].share;
    });
    order.resize(std::min(order.size(), options.paired));
    for (std::size_t i = 0; i < order.size(); ++i)
        for (std::size_t j = i + 1; j < order.size(); ++j) {
            Moments moments;
            for (const VarianceParts& each : parts)
                moments.add(each.together(order[i], order[j]) / each.total());
            found.pairs.push_back({.first = seen.axes[order[i]].name,
                                   .second = seen.axes[order[j]].name,
                                   .share = moments.mean(parts.size()),
                                   .spread = moments.stddev(parts.size())});
        }
    std::ranges::stable_sort(found.params, std::ranges::greater(), &ParamImportance::share);
    std::ranges::stable_sort(found.pairs, std::ranges::greater(), &PairImportance::share);
    return found;
}

}  // namespace parnas::search
