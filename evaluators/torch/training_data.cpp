// SPDX-License-Identifier: Apache-2.0
#include "evaluators/torch/training_data.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace parnas::evaluators {
namespace {

std::int64_t elements(const spaces::Shape& shape) {
    std::int64_t product = 1;
    for (const spaces::Dim dimension : shape)
        product *= dimension;
    return product;
}

// Mean and deviation of every channel over the training part.
InputScaling measure_channels(const DataSet& data, std::span<const std::int64_t> train) {
    const std::int64_t size = elements(data.shape);
    const std::int64_t per_channel = size / data.shape.front();
    const double count = static_cast<double>(per_channel) * static_cast<double>(train.size());
    InputScaling scaling;
    for (std::int64_t begin = 0; begin < size; begin += per_channel) {
        double sum = 0.0, squares = 0.0;
        for (const std::int64_t sample : train)
            for (const float value : std::span(data.values)
                                         .subspan(static_cast<std::size_t>(sample * size + begin),
                                                  static_cast<std::size_t>(per_channel))) {
                sum += value;
                squares += static_cast<double>(value) * value;
            }
        const double mean = sum / count;
        const double deviation = std::sqrt(std::max(squares / count - mean * mean, 0.0));
        const bool constant = deviation <= 1e-6 * (1.0 + std::abs(mean));
        scaling.mean.push_back(static_cast<float>(mean));
        scaling.deviation.push_back(constant ? std::numeric_limits<float>::infinity()
                                             : static_cast<float>(deviation));
    }
    return scaling;
}

Samples take(const DataSet& data, std::span<const std::int64_t> indices) {
    const std::int64_t size = elements(data.shape);
    std::vector<std::int64_t> shape{static_cast<std::int64_t>(indices.size())};
    shape.insert(shape.end(), data.shape.begin(), data.shape.end());
    Samples samples{at::empty(shape, at::kFloat), at::empty({shape[0]}, at::kLong)};
    auto* values = samples.inputs.data_ptr<float>();
    auto* labels = samples.labels.data_ptr<std::int64_t>();
    for (const std::int64_t index : indices) {
        values = std::copy_n(data.values.data() + index * size, size, values);
        *labels++ = data.labels[static_cast<std::size_t>(index)];
    }
    return samples;
}

struct Plane {
    std::int64_t height = 0;
    std::int64_t width = 0;
};

struct Move {
    std::int64_t down = 0;
    std::int64_t right = 0;
    bool flip = false;
};

// `to` is all zeros.
void move_plane(const float* from, float* to, const Plane& plane, const Move& move) {
    const std::int64_t first = std::max<std::int64_t>(move.right, 0);
    const std::int64_t last = std::min(plane.width, plane.width + move.right);
    for (std::int64_t y = std::max<std::int64_t>(move.down, 0);
         y < std::min(plane.height, plane.height + move.down);
         ++y) {
        const float* row = from + (y - move.down) * plane.width;
        float* out = to + y * plane.width;
        for (std::int64_t x = first; x < last; ++x)
            out[move.flip ? plane.width - 1 - x : x] = row[x - move.right];
    }
}

}  // namespace

TrainingData make_training_data(const DataSet& data, const Split& split, Normalize normalize) {
    TrainingData made{.shape = data.shape,
                      .classes = data.classes,
                      .train = take(data, split.train),
                      .validation = take(data, split.validation),
                      .test = take(data, split.test)};
    if (normalize == Normalize::per_channel) {
        made.scaling = measure_channels(data, split.train);
        for (Samples* part : {&made.train, &made.validation, &made.test})
            part->inputs = scaled(*made.scaling, part->inputs);
    }
    return made;
}

Samples make_batch(const Samples& samples,
                   std::span<const std::int64_t> indices,
                   const AugmentOptions& augment,
                   Rng& rng) {
    const at::Tensor index = at::from_blob(const_cast<std::int64_t*>(indices.data()),
                                           {static_cast<std::int64_t>(indices.size())},
                                           at::kLong);
    const at::Tensor labels = samples.labels.index_select(0, index);
    const bool moves = samples.inputs.dim() == 4 && (augment.crop > 0 || augment.flip);
    if (!moves)
        return {samples.inputs.index_select(0, index), labels};

    std::vector<std::int64_t> shape = samples.inputs.sizes().vec();
    shape[0] = static_cast<std::int64_t>(indices.size());
    const Plane plane{shape[2], shape[3]};
    const std::int64_t plane_size = plane.height * plane.width;
    const at::Tensor inputs = at::zeros(shape, at::kFloat);
    float* to = inputs.data_ptr<float>();
    for (const std::int64_t sample : indices) {
        const Move move{.down = rng.integer(-augment.crop, augment.crop),
                        .right = rng.integer(-augment.crop, augment.crop),
                        .flip = augment.flip && rng.chance(0.5)};
        const float* from = samples.inputs.data_ptr<float>() + sample * shape[1] * plane_size;
        for (std::int64_t channel = 0; channel < shape[1]; ++channel) {
            move_plane(from, to, plane, move);
            from += plane_size;
            to += plane_size;
        }
    }
    return {inputs, labels};
}

}  // namespace parnas::evaluators
