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
    auto* labels = samples.targets.data_ptr<std::int64_t>();
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

Samples Samples::narrow(std::int64_t begin, std::int64_t count) const {
    const auto part = [&](const at::Tensor& tensor) {
        return tensor.defined() ? tensor.narrow(0, begin, count) : tensor;
    };
    return {part(inputs), part(targets), part(edges)};
}

std::vector<at::Tensor> Samples::network_inputs() const {
    if (edges.defined())
        return {inputs, edges};
    return {inputs};
}

TrainingData make_training_data(const DataSet& data, const Split& split, Normalize normalize) {
    TrainingData made{.task = {.kind = TaskKind::classification, .output = {data.classes}},
                      .shape = data.shape,
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

void move_to(TrainingData& data, at::Device device) {
    for (Samples* part : {&data.train, &data.validation, &data.test}) {
        part->inputs = part->inputs.to(device);
        part->targets = part->targets.to(device);
        if (part->edges.defined())
            part->edges = part->edges.to(device);
    }
}

at::Tensor moved(const at::Tensor& images, std::span<const Move> moves) {
    const auto count = static_cast<std::int64_t>(moves.size());
    const at::Tensor wanted = at::empty({3, count}, at::kLong);
    for (std::int64_t i = 0; i < count; ++i) {
        auto* column = wanted.data_ptr<std::int64_t>() + i;
        const Move& move = moves[static_cast<std::size_t>(i)];
        column[0] = move.down;
        column[count] = move.right;
        column[2 * count] = move.flip ? 1 : 0;
    }
    const at::Tensor all = wanted.to(images.device()).unsqueeze(2);
    const std::int64_t height = images.size(2), width = images.size(3);
    // Where the pixels come from: {images, height}, {images, width}.
    const at::Tensor y = at::arange(height, all.options()) - all[0];
    const at::Tensor plain = at::arange(width, all.options());
    const at::Tensor x = at::where(all[2].eq(1), width - 1 - plain, plain) - all[1];
    const auto inside = [](const at::Tensor& place, std::int64_t size) {
        return place.ge(0).logical_and(place.lt(size));
    };
    const at::Tensor seen =
        inside(y, height).unsqueeze(2).logical_and(inside(x, width).unsqueeze(1));
    const at::Tensor from =
        y.clamp(0, height - 1).unsqueeze(2) * width + x.clamp(0, width - 1).unsqueeze(1);
    return images.flatten(2)
               .gather(2, from.view({count, 1, -1}).expand({-1, images.size(1), -1}))
               .view(images.sizes()) *
           seen.unsqueeze(1);
}

Samples make_batch(const Samples& samples,
                   std::span<const std::int64_t> indices,
                   const AugmentOptions& augment,
                   Rng& rng) {
    const at::Tensor index = at::from_blob(const_cast<std::int64_t*>(indices.data()),
                                           {static_cast<std::int64_t>(indices.size())},
                                           at::kLong);
    const at::Device device = samples.targets.device();
    const auto chosen = [&](const at::Tensor& tensor) {
        return tensor.defined() ? tensor.index_select(0, index.to(device)) : tensor;
    };
    const at::Tensor labels = chosen(samples.targets);
    const bool images = samples.inputs.dim() == 4 && (augment.crop > 0 || augment.flip);
    if (!images)
        return {chosen(samples.inputs), labels, chosen(samples.edges)};

    std::vector<Move> moves;
    for (std::size_t i = 0; i < indices.size(); ++i) {
        const std::int64_t down = rng.integer(-augment.crop, augment.crop);
        const std::int64_t right = rng.integer(-augment.crop, augment.crop);
        moves.push_back({.down = down, .right = right, .flip = augment.flip && rng.chance(0.5)});
    }
    if (!device.is_cpu())
        return {moved(chosen(samples.inputs), moves), labels};

    std::vector<std::int64_t> shape = samples.inputs.sizes().vec();
    shape[0] = static_cast<std::int64_t>(indices.size());
    const Plane plane{shape[2], shape[3]};
    const std::int64_t plane_size = plane.height * plane.width;
    const at::Tensor inputs = at::zeros(shape, at::kFloat);
    float* to = inputs.data_ptr<float>();
    for (std::size_t i = 0; i < indices.size(); ++i) {
        const float* from = samples.inputs.data_ptr<float>() + indices[i] * shape[1] * plane_size;
        for (std::int64_t channel = 0; channel < shape[1]; ++channel) {
            move_plane(from, to, plane, moves[i]);
            from += plane_size;
            to += plane_size;
        }
    }
    return {inputs, labels};
}

}  // namespace parnas::evaluators
