// SPDX-License-Identifier: Apache-2.0
// Series, texts and graphs as tensors.
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "core/error.h"
#include "evaluators/torch/training_data.h"

namespace parnas::evaluators {
namespace {

at::Tensor to_tensor(const std::vector<std::int64_t>& values) {
    return at::tensor(values, at::kLong);
}

at::Tensor to_matrix(const std::vector<float>& values, std::int64_t rows) {
    return at::tensor(values, at::kFloat).view({rows, -1});
}

// Each column with mean 0 and deviation 1 over the first `train` rows; a constant one gets 0.
at::Tensor standardised(const at::Tensor& values, std::int64_t train) {
    const at::Tensor known = values.narrow(0, 0, train).to(at::kDouble);
    const at::Tensor mean = known.mean({0}, true);
    const at::Tensor deviation = (known - mean).square().mean({0}, true).sqrt();
    const at::Tensor constant = deviation.le(1e-6 * (1.0 + mean.abs()));
    const at::Tensor scale =
        deviation.masked_fill(constant, std::numeric_limits<double>::infinity());
    return ((values.to(at::kDouble) - mean) / scale).to(at::kFloat);
}

// {samples, window, columns} and {samples, horizon x targets}: forecasts of the steps from `begin`
// to `end`.
Samples windows(const Series& series,
                const at::Tensor& values,
                std::int64_t begin,
                std::int64_t end) {
    const std::int64_t first = std::max(begin - series.window, std::int64_t{0});
    const std::int64_t steps = end - first;
    const std::int64_t count = steps < series.window + series.horizon
                                   ? 0
                                   : (steps - series.window - series.horizon) / series.stride + 1;
    if (count == 0)
        return {at::empty({0, series.window, values.size(1)}),
                at::empty({0, series.horizon * std::ssize(series.targets)}),
                {}};
    const at::Tensor part = values.narrow(0, first, steps);
    const at::Tensor inputs =
        part.unfold(0, series.window, series.stride).narrow(0, 0, count).transpose(1, 2);
    const at::Tensor answers = part.index_select(1, to_tensor(series.targets))
                                   .narrow(0, series.window, steps - series.window)
                                   .unfold(0, series.horizon, series.stride)
                                   .narrow(0, 0, count)
                                   .transpose(1, 2)
                                   .reshape({count, -1});
    return {inputs, answers, {}};
}

Samples pieces(const Text& text, const at::Tensor& symbols, std::int64_t begin, std::int64_t size) {
    // The last character is an answer only.
    const std::int64_t count = std::max<std::int64_t>(size - 1, 0) / text.length;
    const auto part = [&](std::int64_t from) {
        return symbols.narrow(0, from, count * text.length).view({count, text.length});
    };
    if (count == 0)
        return {part(begin), part(begin), {}};
    return {part(begin), part(begin + 1), {}};
}

void expect_samples(const TrainingData& data, bool tests) {
    if (data.train.size() == 0 || data.validation.size() == 0 || (tests && data.test.size() == 0))
        throw Error(ErrorKind::invalid_input,
                    fmt::format("the data is too short: {} samples to train, {} to validate, {} to "
                                "test",
                                data.train.size(),
                                data.validation.size(),
                                data.test.size()));
}

}  // namespace

TrainingData make_training_data(const Series& series,
                                const SplitOptions& split,
                                Normalize normalize) {
    const PartSizes parts = divide(series.steps(), split);
    at::Tensor values = to_matrix(series.values, series.steps());
    if (normalize == Normalize::per_channel)
        values = standardised(values, parts.train);
    const std::int64_t known = parts.train + parts.validation;
    TrainingData made{.task = {.kind = TaskKind::regression,
                               .output = {series.horizon * std::ssize(series.targets)}},
                      .shape = {series.window, std::ssize(series.columns)},
                      .train = windows(series, values, 0, parts.train),
                      .validation = windows(series, values, parts.train, known),
                      .test = windows(series, values, known, series.steps()),
                      .scaling = std::nullopt};
    expect_samples(made, split.test > 0.0);
    return made;
}

TrainingData make_training_data(const Text& text, const SplitOptions& split) {
    const auto size = static_cast<std::int64_t>(text.symbols.size());
    const PartSizes parts = divide(size, split);
    const at::Tensor symbols = to_tensor({text.symbols.begin(), text.symbols.end()});
    const std::int64_t known = parts.train + parts.validation;
    TrainingData made{
        .task = {.kind = TaskKind::next_token, .output = {text.length, std::ssize(text.alphabet)}},
        .shape = {text.length},
        .train = pieces(text, symbols, 0, parts.train),
        .validation = pieces(text, symbols, parts.train, parts.validation),
        .test = pieces(text, symbols, known, parts.test),
        .scaling = std::nullopt};
    expect_samples(made, split.test > 0.0);
    return made;
}

TrainingData make_training_data(const GraphData& graph, Normalize normalize) {
    at::Tensor features = to_matrix(graph.values, graph.nodes);
    if (normalize == Normalize::per_channel)
        features = features / features.sum({1}, true).clamp_min(1.0);
    const at::Tensor labels = to_tensor({graph.labels.begin(), graph.labels.end()});
    const at::Tensor edges = at::stack({to_tensor(graph.from), to_tensor(graph.to)});
    const auto part = [&](const std::vector<std::int64_t>& nodes) {
        const at::Tensor chosen = to_tensor(nodes);
        at::Tensor targets = at::full({graph.nodes}, kNoAnswer, at::kLong);
        targets.index_copy_(0, chosen, labels.index_select(0, chosen));
        const std::int64_t samples = nodes.empty() ? 0 : 1;
        return Samples{features.unsqueeze(0), targets.unsqueeze(0), edges.unsqueeze(0)}.narrow(
            0, samples);
    };
    return {.task = {.kind = TaskKind::node_classification, .output = {graph.nodes, graph.classes}},
            .shape = {graph.nodes, graph.features},
            .train = part(graph.parts.train),
            .validation = part(graph.parts.validation),
            .test = part(graph.parts.test),
            .scaling = std::nullopt};
}

}  // namespace parnas::evaluators
