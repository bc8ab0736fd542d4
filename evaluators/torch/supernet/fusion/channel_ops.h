// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "evaluators/torch/torch.h"

namespace parnas::evaluators {

// Ops of supernets on a CPU, faster than LibTorch's: images are 32-bit floats whose channels
// lie together (at::MemoryFormat::ChannelsLast; others are copied into this order). They
// have first derivatives; a backward pass through one with create_graph throws
// Error(internal).

// {2, channels}: means of the images' channels, and one over their deviations, with which
// batch norm divides. Without derivatives: a sum of normalised terms sees to them.
struct ChannelMoments {
    at::Tensor scales;    // {2, channels}: mean, 1 / sqrt(variance + epsilon)
    at::Tensor variance;  // {channels}: the unbiased one, for running statistics
};
ChannelMoments channel_moments(const at::Tensor& images, double epsilon);

struct SumTerm {
    at::Tensor values;  // {batch, channels, height, width}
    // {2, channels}: as batch norm does in training, the values are normalised with their
    // ChannelMoments::scales. Undefined: they are not.
    at::Tensor moments;
    // Nobody else needs the values in the backward pass, which may then put their gradient in
    // their place.
    bool overwrite = false;
};

// sum over i of scale[i] * normalised(term[i]), plus the offset; with `relu` negative values
// become 0. One pass over memory forward, two backward, and no tensor besides the result.
struct ChannelSum {
    std::vector<SumTerm> terms;
    at::Tensor scale;   // {terms, channels}
    at::Tensor offset;  // {channels}, or undefined
    bool relu = false;
};
at::Tensor sum_channels(const ChannelSum& sum);

// Equal parts of the images' channels, as views. Their gradients are not copied together
// where they lie side by side, which sum_channels() sees to with SumTerm::overwrite.
std::vector<at::Tensor> split_channels(const at::Tensor& images, std::int64_t parts);

// A depthwise convolution, the same in both directions. Fast are kernels of 3, 5 and 7.
struct DepthwiseConv {
    std::int64_t kernel = 3, stride = 1, padding = 1, dilation = 1;
};
bool is_fast(const DepthwiseConv& conv);
// `weight`: {channels, 1, kernel, kernel}. Not on a CPU, or not fast: LibTorch's.
at::Tensor convolve_depthwise(const at::Tensor& images,
                              const at::Tensor& weight,
                              const DepthwiseConv& conv);

}  // namespace parnas::evaluators
