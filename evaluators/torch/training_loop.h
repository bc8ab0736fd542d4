// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <stop_token>
#include <variant>

#include "core/rng.h"
#include "core/trial.h"
#include "evaluators/evaluator.h"
#include "evaluators/torch/network_module.h"
#include "evaluators/torch/task.h"
#include "evaluators/torch/training_data.h"
#include "evaluators/torch/training_options.h"

namespace parnas::evaluators {

struct TrainingRun {
    TorchNetwork& network;
    const TrainingData& data;
    const TrainingOptions& options;
    std::int64_t epochs = 1;  // of this run; the schedule spans them
    Rng rng;                  // of order, augmentation and dropout
    std::stop_token stop;
    std::function<Verdict(std::int64_t step, const Metrics& metrics)> report;  // may be empty
};

// Trains until the epochs are over, patience is lost or the report's verdict is to stop.
// The network then has the weights of the epoch that the options keep; the metrics are
// that epoch's: the task's (validation), train_loss. Holds a Busy, so that
// measurements on this machine can make it wait.
std::variant<Metrics, Failure> train(const TrainingRun& run);

}  // namespace parnas::evaluators
