// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/rng.h"
#include "evaluators/data/data.h"
#include "evaluators/torch/input_scaling.h"
#include "evaluators/torch/task.h"
#include "evaluators/torch/torch.h"
#include "evaluators/torch/training_options.h"

namespace parnas::evaluators {

// Samples and their right answers (task.h), of equal number n. May be views of longer tensors.
struct Samples {
    at::Tensor inputs;   // {n, shape...}: fp32, or tokens of int64
    at::Tensor targets;  // {n, ...}: int64, or fp32 of regression
    at::Tensor edges;    // {n, 2, edges} of int64 if samples are graphs, else undefined

    std::int64_t size() const { return targets.size(0); }
    // `count` of them from `begin` on.
    Samples narrow(std::int64_t begin, std::int64_t count) const;
    // One tensor for each input of a network.
    std::vector<at::Tensor> network_inputs() const;
};

enum class Normalize { no, per_channel };

// The parts of what is learned from, as tensors.
struct TrainingData {
    Task task;
    spaces::Shape shape;  // of one sample
    Samples train;
    Samples validation;
    Samples test;
    std::optional<InputScaling> scaling;  // that all samples went through; none: as in the file
};
// With Normalize::per_channel every channel (every feature of a vector) gets mean 0 and deviation 1
// over the training part; a constant one gets 0.
TrainingData make_training_data(const DataSet& data, const Split& split, Normalize normalize);

// The first steps to train on, the next to validate, the last to test; a forecast is in one part,
// its window may begin in the one before. Normalised, every column has mean 0 and deviation 1 over
// the steps to train on, in inputs and answers. Throws Error(invalid_input) for too few steps.
TrainingData make_training_data(const Series& series,
                                const SplitOptions& split,
                                Normalize normalize);
// The first characters to train on, the next to validate, the last to test; samples follow one
// another. Throws Error(invalid_input) for too few characters.
TrainingData make_training_data(const Text& text, const SplitOptions& split);
// Normalised, each node's features have sum 1.
TrainingData make_training_data(const GraphData& graph, Normalize normalize);

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
