// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "core/error.h"
#include "evaluators/torch/supernet/fusion/channel_loops.h"
#include "evaluators/torch/torch.h"

namespace parnas::evaluators {

// What the ops on channels have in common.

inline std::int64_t count_rows(const at::Tensor& images) {
    return images.size(0) * images.size(2) * images.size(3);
}

// Whether the images are rows of channels, one row after the other; there may be other
// channels between them.
inline bool are_rows(const at::Tensor& images) {
    const std::int64_t row = images.stride(3);
    return images.stride(1) == 1 && row >= images.size(1) &&
           images.stride(2) == row * images.size(3) &&
           images.stride(0) == row * images.size(3) * images.size(2);
}

// The images as rows of channels, copied unless they are.
inline at::Tensor with_channels_last(const at::Tensor& images) {
    return are_rows(images) ? images : images.clone(at::MemoryFormat::ChannelsLast);
}

inline Rows rows_of(const at::Tensor& images) {
    return {images.data_ptr<float>(), images.stride(3)};
}

inline void check_first_derivative(bool done_before) {
    if (done_before || at::GradMode::is_enabled())
        throw Error(ErrorKind::internal, "a supernet's fast ops can be differentiated only once");
}

}  // namespace parnas::evaluators
