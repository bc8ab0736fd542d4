// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <map>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "core/error.h"
#include "evaluators/data/data_set.h"
#include "evaluators/data/stratified.h"

namespace parnas::evaluators {

std::vector<std::int64_t> stratified_order(const std::vector<std::int32_t>& labels, Rng& rng) {
    std::map<std::int32_t, std::vector<std::int64_t>> members;
    for (std::size_t i = 0; i < labels.size(); ++i)
        members[labels[i]].push_back(static_cast<std::int64_t>(i));
    // The k-th of n samples of a class stands at (k + 1/2) / n of the way.
    std::vector<std::pair<double, std::int64_t>> places;
    places.reserve(labels.size());
    for (auto& [label, indices] : members) {
        rng.shuffle(std::span(indices));
        for (std::size_t k = 0; k < indices.size(); ++k)
            places.emplace_back(
                (static_cast<double>(k) + 0.5) / static_cast<double>(indices.size()), indices[k]);
    }
    // Ties stay in the order of classes.
    std::ranges::stable_sort(places, {}, &std::pair<double, std::int64_t>::first);
    std::vector<std::int64_t> order;
    order.reserve(places.size());
    for (const auto& [place, index] : places)
        order.push_back(index);
    return order;
}

Split make_split(const DataSet& data, const SplitOptions& options) {
    const double held_out = options.validation + options.test;
    if (!(options.validation > 0.0 && options.test >= 0.0 && held_out < 1.0))
        throw Error(ErrorKind::invalid_input,
                    fmt::format("expected shares 0 < validation, 0 <= test and a sum below 1, "
                                "found {} and {}",
                                options.validation,
                                options.test));
    const auto size = static_cast<double>(data.size());
    const std::int64_t validation = std::llround(size * options.validation);
    const std::int64_t test = std::llround(size * options.test);
    const std::int64_t train = static_cast<std::int64_t>(data.size()) - validation - test;
    if (train < 1 || validation < 1 || (options.test > 0.0 && test < 1))
        throw Error(ErrorKind::invalid_input,
                    fmt::format("{} samples are too few: {} to train, {} to validate, {} to test",
                                data.size(),
                                train,
                                validation,
                                test));

    Rng rng(options.seed);
    const std::vector<std::int64_t> order = stratified_order(data.labels, rng);
    // Training comes first: it holds the middle of the way, and with it the only sample of
    // a class of one.
    const auto validation_begin = order.begin() + train;
    const auto test_begin = validation_begin + validation;
    Split split{{order.begin(), validation_begin},
                {validation_begin, test_begin},
                {test_begin, order.end()}};
    for (std::vector<std::int64_t>* part : {&split.train, &split.validation, &split.test})
        std::ranges::sort(*part);
    return split;
}

}  // namespace parnas::evaluators
