// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "core/json.h"
#include "core/object_reader.h"
#include "core/scalar.h"

namespace parnas::evaluators {

enum class OptimizerKind { sgd, adamw };

struct OptimizerOptions {
    OptimizerKind kind = OptimizerKind::sgd;
    double lr = 0.05;  // of adamw 0.001
    double momentum = 0.9;
    bool nesterov = true;
    double weight_decay = 5e-4;  // added to the gradient by sgd, decoupled in adamw (0.01)
};

enum class ScheduleKind { cosine, step, constant };

struct ScheduleOptions {
    ScheduleKind kind = ScheduleKind::cosine;
    double warmup_epochs = 0.0;  // the rate grows linearly from 0
    std::int64_t step_epochs = 30;
    double gamma = 0.1;  // factor after each step
};

struct AugmentOptions {
    std::int64_t crop = 0;  // largest random shift in pixels; zeros come in
    bool flip = false;      // left and right, every second image
};

enum class Keep { best, last };

// How to train, without the data. All durations are for fidelity 1.
struct TrainingOptions {
    OptimizerOptions optimizer;
    ScheduleOptions schedule;
    AugmentOptions augment;
    std::int64_t epochs = 20;
    std::int64_t final_epochs = 20;  // of a finalist
    std::int64_t batch = 64;
    double label_smoothing = 0.0;
    std::optional<std::int64_t> patience;  // epochs without a better validation accuracy
    std::optional<double> clip_norm;
    std::optional<double> dropout;  // the rate of every dropout node
    Keep keep = Keep::best;         // which epoch's weights and metrics stay
};

// Reads the keys
//
//     optimizer: {type: sgd | adamw, lr, momentum, nesterov, weight_decay}
//     schedule: {type: cosine | step | constant, warmup_epochs, step_epochs, gamma}
//     augment: {crop, flip}
//     epochs, final_epochs, batch, label_smoothing, clip_norm, dropout, keep: best | last
//     early_stopping: {patience}
//
// all optional, and leaves others to the caller.
TrainingOptions read_training_options(ObjectReader& options);
// What read_training_options reads, in full.
Json to_json(const TrainingOptions& options);

// The options with what a candidate says about its training: lr, momentum, weight_decay,
// optimizer (sgd or adamw), batch, epochs, label_smoothing, dropout. Unknown names and
// values that a job could not have either become faults at "/training/<name>".
TrainingOptions with_values(const TrainingOptions& options,
                            const Assignment& values,
                            Faults& faults);

}  // namespace parnas::evaluators
