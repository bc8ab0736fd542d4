// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "core/trial.h"
#include "evaluators/torch/network_module.h"
#include "spaces/network.h"

namespace parnas::evaluators {

struct Samples;

// What a network learns. Of one sample its output and the right answer are
//
//     classification        {classes}             {}: a class
//     next_token            {length, tokens}      {length}: the token that follows each
//     node_classification   {nodes, classes}      {nodes}: a class, or kNoAnswer
//     regression            {values}              {values}
enum class TaskKind { classification, next_token, node_classification, regression };

inline constexpr std::int64_t kNoAnswer = -100;  // at::cross_entropy_loss leaves it out

struct Task {
    TaskKind kind = TaskKind::classification;
    spaces::Shape output;  // of the network, for one sample
};

// How good a network is: of its last output, in means over all answers. Those that a task does not
// have are 0.
struct Score {
    double accuracy = 0.0;        // share of right answers, in [0, 1]
    double loss = 0.0;            // cross entropy (nats) without smoothing, or the squared error
    double absolute_error = 0.0;  // of regression
};

// By name: accuracy, loss; of next_token also bits_per_token; of regression mse and mae.
Metrics to_metrics(const Task& task, const Score& score);
std::vector<std::string> metric_names(TaskKind kind);
// What a finalist's test part is told as, with "test_" before: all but the loss.
Metrics test_metrics(const Task& task, const Score& score);
// The greater, the better: accuracy of a classification, else the negative loss.
double merit(const Task& task, const Score& score);

// The last output's cross entropy or mean squared error plus 0.3 times that of every other output
// (Szegedy et al., CVPR 2015). `smoothing`: of labels, in [0, 1).
at::Tensor loss_of(const Task& task,
                   std::span<const at::Tensor> outputs,
                   const at::Tensor& targets,
                   double smoothing);

// In evaluation mode and large batches; nothing if it was stopped.
std::optional<Score> score(TorchNetwork& network,
                           const Task& task,
                           const Samples& samples,
                           const std::stop_token& stop);

}  // namespace parnas::evaluators
