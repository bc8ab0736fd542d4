// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

namespace parnas::evaluators {

// The inner loops of supernets on a CPU, for images whose channels lie together: an image is
// `rows` rows (pixels) of `channels` values. Plain memory, one thread. There is one set of
// loops for every processor and one for those with AVX2.

struct Rows {
    float* data = nullptr;
    std::int64_t stride = 0;  // values from a row's first to the next one's
};
struct ConstRows {
    ConstRows() = default;
    ConstRows(Rows rows) : data(rows.data), stride(rows.stride) {}
    ConstRows(const float* values, std::int64_t row_stride) : data(values), stride(row_stride) {}

    const float* data = nullptr;
    std::int64_t stride = 0;
};
struct Extents {
    std::int64_t rows = 0;
    std::int64_t channels = 0;
};

struct ScaledRows {  // a term of a sum
    ConstRows values;
    const float* scale = nullptr;  // one per channel
};
struct CentredRows {
    ConstRows values;
    const float* mean = nullptr;  // one per channel
    float* products = nullptr;    // one per channel, added to
};
// gradient = on_gradient * g + on_values * (values - mean) + constant, where all but g and the
// values are one per channel.
struct SpreadRows {
    ConstRows values;
    Rows gradient;
    const float* on_gradient = nullptr;
    const float* on_values = nullptr;  // null: the gradient does not depend on the values
    const float* mean = nullptr;
    const float* constant = nullptr;
};

// A depthwise convolution of one image; the same in both directions.
struct DepthwiseShape {
    std::int64_t channels = 0;
    std::int64_t height = 0, width = 0;          // of the input
    std::int64_t out_height = 0, out_width = 0;  // of the output
    std::int64_t kernel = 0;                     // 3, 5 or 7
    std::int64_t stride = 1, padding = 0, dilation = 1;
};

struct ChannelLoops {
    // Means of the rows, and sums of the squared distances from them.
    void (*moments)(ConstRows values, Extents extents, float* mean, float* squares);
    // out = constant + sum of the scaled terms; with `relu` negative values become 0.
    void (*weighted_sum)(std::span<const ScaledRows> terms,
                         const float* constant,
                         bool relu,
                         Rows out,
                         Extents extents);
    // Adds g to `sums` and g * (values - mean) to each term's products. Where `active` has
    // data, g counts as 0 wherever it is not positive.
    void (*products)(ConstRows g,
                     ConstRows active,
                     std::span<const CentredRows> terms,
                     float* sums,
                     Extents extents);
    void (*spread)(ConstRows g,
                   ConstRows active,
                   std::span<const SpreadRows> terms,
                   Extents extents);

    // Weights are {kernel, kernel, channels}.
    void (*depthwise)(const DepthwiseShape&, const float* x, const float* weight, float* y);
    void (*depthwise_to_input)(const DepthwiseShape&,
                               const float* g,
                               const float* weight,
                               float* dx);
    // Adds to `dweight`.
    void (*depthwise_to_weight)(const DepthwiseShape&,
                                const float* x,
                                const float* g,
                                float* dweight);
};

// The fastest for this processor.
const ChannelLoops& channel_loops();

}  // namespace parnas::evaluators
