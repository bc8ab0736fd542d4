// SPDX-License-Identifier: Apache-2.0
#include "evaluators/torch/task.h"

#include <algorithm>
#include <numbers>

#include "evaluators/torch/training_data.h"

namespace parnas::evaluators {
namespace {

constexpr double kAuxiliaryWeight = 0.3;
constexpr std::int64_t kScoreBatch = 256;

// Outputs as rows of logits, {answers, classes}.
at::Tensor logit_rows(const at::Tensor& logits) {
    return logits.flatten(0, -2);
}

at::Tensor loss_of_one(const Task& task,
                       const at::Tensor& output,
                       const at::Tensor& targets,
                       double smoothing) {
    if (task.kind == TaskKind::regression)
        return at::mse_loss(output, targets);
    return at::cross_entropy_loss(
        logit_rows(output), targets.flatten(), {}, at::Reduction::Mean, kNoAnswer, smoothing);
}

// Sums over the answers of a batch.
struct Sums {
    double answers = 0.0;
    Score score;

    void add(const Task& task, const at::Tensor& output, const at::Tensor& targets) {
        double count = 0.0;
        if (task.kind == TaskKind::regression) {
            count = static_cast<double>(targets.numel());
            score.absolute_error += (output - targets).abs().sum().item<double>();
        } else {
            count = static_cast<double>(targets.ne(kNoAnswer).sum().item<std::int64_t>());
            score.accuracy +=
                static_cast<double>(output.argmax(-1).eq(targets).sum().item<std::int64_t>());
        }
        if (count > 0.0)
            score.loss += loss_of_one(task, output, targets, 0.0).item<double>() * count;
        answers += count;
    }

    Score mean() const {
        return {.accuracy = score.accuracy / answers,
                .loss = score.loss / answers,
                .absolute_error = score.absolute_error / answers};
    }
};

}  // namespace

Metrics to_metrics(const Task& task, const Score& score) {
    if (task.kind == TaskKind::regression)
        return {{"mse", score.loss}, {"mae", score.absolute_error}};
    Metrics metrics{{"accuracy", score.accuracy}, {"loss", score.loss}};
    if (task.kind == TaskKind::next_token)
        metrics["bits_per_token"] = score.loss / std::numbers::ln2;
    return metrics;
}

std::vector<std::string> metric_names(TaskKind kind) {
    std::vector<std::string> names;
    for (const auto& [name, value] : to_metrics({.kind = kind, .output = {}}, {}))
        names.push_back(name);
    return names;
}

Metrics test_metrics(const Task& task, const Score& score) {
    Metrics metrics;
    for (const auto& [name, value] : to_metrics(task, score))
        if (name != "loss")
            metrics["test_" + name] = value;
    return metrics;
}

double merit(const Task& task, const Score& score) {
    const bool classifies =
        task.kind == TaskKind::classification || task.kind == TaskKind::node_classification;
    return classifies ? score.accuracy : -score.loss;
}

at::Tensor loss_of(const Task& task,
                   std::span<const at::Tensor> outputs,
                   const at::Tensor& targets,
                   double smoothing) {
    at::Tensor loss = loss_of_one(task, outputs.back(), targets, smoothing);
    for (const at::Tensor& output : outputs.first(outputs.size() - 1))
        loss = loss + kAuxiliaryWeight * loss_of_one(task, output, targets, smoothing);
    return loss;
}

std::optional<Score> score(TorchNetwork& network,
                           const Task& task,
                           const Samples& samples,
                           const std::stop_token& stop) {
    const at::NoGradGuard no_grad;
    Sums sums;
    for (std::int64_t begin = 0; begin < samples.size(); begin += kScoreBatch) {
        if (stop.stop_requested())
            return std::nullopt;
        const Samples part = samples.narrow(begin, std::min(kScoreBatch, samples.size() - begin));
        const at::Tensor output = network.forward(part.network_inputs(), Pass{}).back();
        sums.add(task, output, part.targets);
    }
    return sums.mean();
}

}  // namespace parnas::evaluators
