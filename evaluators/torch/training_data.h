// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/rng.h"
#include "evaluators/data/data_set.h"
#include "evaluators/torch/input_scaling.h"
#include "evaluators/torch/torch.h"
#include "evaluators/torch/training_options.h"

namespace parnas::evaluators {

// Samples and labels of equal number: {n, shape...} of fp32 and {n} of int64.
struct Samples {
    at::Tensor inputs;
    at::Tensor labels;

    std::int64_t size() const { return labels.size(0); }
};

enum class Normalize { no, per_channel };

// A data set's parts as tensors. With Normalize::per_channel every channel (every feature
// of a vector) gets mean 0 and deviation 1 over the training part; a constant one gets 0.
struct TrainingData {
    spaces::Shape shape;  // of one sample
    std::int64_t classes = 0;
    Samples train;
    Samples validation;
    Samples test;
    std::optional<InputScaling> scaling;  // that all samples went through; none: as in the file
};
TrainingData make_training_data(const DataSet& data, const Split& split, Normalize normalize);

void move_to(TrainingData& data, at::Device device);

// How an image is augmented: what comes in from outside is zero.
struct Move {
    std::int64_t down = 0;
    std::int64_t right = 0;
    bool flip = false;  // left and right, after the shift
};
// A batch of images on any device, one move for each.
at::Tensor moved(const at::Tensor& images, std::span<const Move> moves);

// The samples at `indices`, each randomly shifted and flipped as the options say. Vectors
// are left as they are.
Samples make_batch(const Samples& samples,
                   std::span<const std::int64_t> indices,
                   const AugmentOptions& augment,
                   Rng& rng);

}  // namespace parnas::evaluators
