// SPDX-License-Identifier: Apache-2.0
#pragma once

// The loops themselves, compiled once for each kind of processor. Everything here is
// internal to the file that includes it: a function shared between files might be taken
// from the one whose instructions a processor does not have.

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <span>

#include "evaluators/torch/supernet/fusion/channel_loops.h"

namespace parnas::evaluators {
namespace {

typedef float Lanes __attribute__((vector_size(32)));
constexpr std::int64_t kLanes = 8;
constexpr std::int64_t kBlock = 64;  // rows whose values stay in the nearest cache

template <typename V>
inline V load(const float* from) {
    V value;
    std::memcpy(&value, from, sizeof(V));
    return value;
}

template <typename V>
inline void store(float* to, V value) {
    std::memcpy(to, &value, sizeof(V));
}

template <typename V>
inline void add_to(float* to, V value) {
    store<V>(to, load<V>(to) + value);
}

// The values of `x` where those of `condition` are positive, otherwise 0.
inline Lanes where_positive(Lanes condition, Lanes x) {
    return condition > 0.0F ? x : Lanes{};
}
inline float where_positive(float condition, float x) {
    return condition > 0.0F ? x : 0.0F;
}

// Calls use(V{}, channel) for groups of channels, V{} saying how many there are in one.
template <typename Use>
inline void for_channels(std::int64_t channels, Use use) {
    std::int64_t channel = 0;
    for (; channel + kLanes <= channels; channel += kLanes)
        use(Lanes{}, channel);
    for (; channel < channels; ++channel)
        use(0.0F, channel);
}

// Calls use(first row, one past the last) for blocks of rows.
template <typename Use>
inline void for_blocks(std::int64_t rows, Use use) {
    for (std::int64_t begin = 0; begin < rows; begin += kBlock)
        use(begin, std::min(begin + kBlock, rows));
}

void moments(ConstRows values, Extents extents, float* mean, float* squares) {
    std::fill_n(mean, extents.channels, 0.0F);
    std::fill_n(squares, extents.channels, 0.0F);
    for_blocks(extents.rows, [&](std::int64_t begin, std::int64_t end) {
        // Of a block about its own mean, then joined to what was before (Chan, Golub and
        // LeVeque 1983): one pass over memory without loss of digits.
        const auto count = static_cast<float>(end - begin);
        const float share = count / static_cast<float>(end);
        for_channels(extents.channels, [&]<typename V>(V, std::int64_t c) {
            V sum{}, square{};
            for (std::int64_t row = begin; row < end; ++row)
                sum += load<V>(values.data + row * values.stride + c);
            const V block_mean = sum * (1.0F / count);
            for (std::int64_t row = begin; row < end; ++row) {
                const V distance = load<V>(values.data + row * values.stride + c) - block_mean;
                square += distance * distance;
            }
            const V before = load<V>(mean + c);
            const V step = block_mean - before;
            add_to<V>(squares + c, square + step * step * (static_cast<float>(begin) * share));
            store<V>(mean + c, before + step * share);
        });
    });
}

void weighted_sum(std::span<const ScaledRows> terms,
                  const float* constant,
                  bool relu,
                  Rows out,
                  Extents extents) {
    for_blocks(extents.rows, [&](std::int64_t begin, std::int64_t end) {
        for_channels(extents.channels, [&]<typename V>(V, std::int64_t c) {
            V sums[kBlock];
            const V first = load<V>(constant + c);
            for (std::int64_t i = 0; i < end - begin; ++i)
                sums[i] = first;
            for (const ScaledRows& term : terms) {
                const V scale = load<V>(term.scale + c);
                const float* from = term.values.data + begin * term.values.stride + c;
                for (std::int64_t i = 0; i < end - begin; ++i)
                    sums[i] += scale * load<V>(from + i * term.values.stride);
            }
            float* to = out.data + begin * out.stride + c;
            for (std::int64_t i = 0; i < end - begin; ++i)
                store<V>(to + i * out.stride, relu ? where_positive(sums[i], sums[i]) : sums[i]);
        });
    });
}

// The gradients of a block, zeros where nothing was active.
template <typename V>
inline void load_gradients(ConstRows g,
                           ConstRows active,
                           std::int64_t begin,
                           std::int64_t count,
                           std::int64_t c,
                           V* into) {
    for (std::int64_t i = 0; i < count; ++i)
        into[i] = load<V>(g.data + (begin + i) * g.stride + c);
    if (active.data != nullptr)
        for (std::int64_t i = 0; i < count; ++i)
            into[i] =
                where_positive(load<V>(active.data + (begin + i) * active.stride + c), into[i]);
}

void products(ConstRows g,
              ConstRows active,
              std::span<const CentredRows> terms,
              float* sums,
              Extents extents) {
    for_blocks(extents.rows, [&](std::int64_t begin, std::int64_t end) {
        const std::int64_t count = end - begin;
        for_channels(extents.channels, [&]<typename V>(V, std::int64_t c) {
            V gradients[kBlock];
            load_gradients<V>(g, active, begin, count, c, gradients);
            V sum{};
            for (std::int64_t i = 0; i < count; ++i)
                sum += gradients[i];
            add_to<V>(sums + c, sum);
            for (const CentredRows& term : terms) {
                const V mean = load<V>(term.mean + c);
                const float* from = term.values.data + begin * term.values.stride + c;
                V product{};
                for (std::int64_t i = 0; i < count; ++i)
                    product += gradients[i] * (load<V>(from + i * term.values.stride) - mean);
                add_to<V>(term.products + c, product);
            }
        });
    });
}

template <typename V>
inline void spread_block(const SpreadRows& term,
                         const V* gradients,
                         std::int64_t begin,
                         std::int64_t count,
                         std::int64_t c) {
    const V on_gradient = load<V>(term.on_gradient + c);
    const V constant = load<V>(term.constant + c);
    float* to = term.gradient.data + begin * term.gradient.stride + c;
    if (term.on_values == nullptr) {
        for (std::int64_t i = 0; i < count; ++i)
            store<V>(to + i * term.gradient.stride, on_gradient * gradients[i] + constant);
        return;
    }
    const V on_values = load<V>(term.on_values + c);
    const V mean = load<V>(term.mean + c);
    const float* from = term.values.data + begin * term.values.stride + c;
    for (std::int64_t i = 0; i < count; ++i)
        store<V>(to + i * term.gradient.stride,
                 on_gradient * gradients[i] +
                     on_values * (load<V>(from + i * term.values.stride) - mean) + constant);
}

void spread(ConstRows g, ConstRows active, std::span<const SpreadRows> terms, Extents extents) {
    for_blocks(extents.rows, [&](std::int64_t begin, std::int64_t end) {
        for_channels(extents.channels, [&]<typename V>(V, std::int64_t c) {
            V gradients[kBlock];
            load_gradients<V>(g, active, begin, end - begin, c, gradients);
            for (const SpreadRows& term : terms)
                spread_block<V>(term, gradients, begin, end - begin, c);
        });
    });
}

// A range of positions: [first, last).
struct Range {
    std::int64_t first = 0, last = 0;
};

inline std::int64_t up(std::int64_t value, std::int64_t divisor) {
    return value <= 0 ? 0 : (value + divisor - 1) / divisor;
}

// The outputs for which tap `tap` of a row of `size` inputs is inside.
inline Range outputs_of_tap(const DepthwiseShape& s,
                            std::int64_t tap,
                            std::int64_t size,
                            std::int64_t out_size) {
    const std::int64_t offset = tap * s.dilation - s.padding;
    const std::int64_t last = size - 1 - offset;  // of output * stride
    return {std::min(up(-offset, s.stride), out_size),
            last < 0 ? 0 : std::min(last / s.stride + 1, out_size)};
}

// Outputs for which every tap is inside.
inline Range interior(const DepthwiseShape& s, std::int64_t size, std::int64_t out_size) {
    const std::int64_t first = outputs_of_tap(s, 0, size, out_size).first;
    const std::int64_t last = outputs_of_tap(s, s.kernel - 1, size, out_size).last;
    return {first, std::max(first, last)};
}

// The taps that are inside for an output.
inline Range taps_of_output(const DepthwiseShape& s, std::int64_t output, std::int64_t size) {
    const std::int64_t offset = output * s.stride - s.padding;
    const std::int64_t last = size - 1 - offset;
    return {std::min(up(-offset, s.dilation), s.kernel),
            last < 0 ? 0 : std::min(last / s.dilation + 1, s.kernel)};
}

// kPixels outputs side by side, all taps of their columns inside.
template <typename V, int kKernel, int kPixels>
inline void depthwise_pixels(const DepthwiseShape& s,
                             const float* x,  // first column's first tap, row 0
                             const float* weight,
                             Range taps,
                             float* y) {
    V sums[kPixels] = {};
    for (std::int64_t ky = taps.first; ky < taps.last; ++ky) {
        const float* row = x + ky * s.dilation * s.width * s.channels;
        for (int kx = 0; kx < kKernel; ++kx) {
            const V w = load<V>(weight + (ky * kKernel + kx) * s.channels);
            const float* from = row + kx * s.dilation * s.channels;
            for (int i = 0; i < kPixels; ++i)
                sums[i] += w * load<V>(from + i * s.stride * s.channels);
        }
    }
    for (int i = 0; i < kPixels; ++i)
        store<V>(y + i * s.channels, sums[i]);
}

template <typename V, int kKernel>
inline void depthwise_row(const DepthwiseShape& s,
                          const float* x,
                          const float* weight,
                          std::int64_t oy,
                          float* y) {
    constexpr int kPixels = 4;
    const Range rows = taps_of_output(s, oy, s.height);
    const Range inside = interior(s, s.width, s.out_width);
    const std::int64_t top = oy * s.stride - s.padding;
    const auto at_border = [&](std::int64_t ox) {
        const Range columns = taps_of_output(s, ox, s.width);
        const std::int64_t left = ox * s.stride - s.padding;
        V sum{};
        for (std::int64_t ky = rows.first; ky < rows.last; ++ky)
            for (std::int64_t kx = columns.first; kx < columns.last; ++kx)
                sum += load<V>(weight + (ky * kKernel + kx) * s.channels) *
                       load<V>(x + ((top + ky * s.dilation) * s.width + left + kx * s.dilation) *
                                       s.channels);
        store<V>(y + ox * s.channels, sum);
    };
    std::int64_t ox = 0;
    for (; ox < inside.first; ++ox)
        at_border(ox);
    const auto first_tap = [&](std::int64_t column) {
        return x + (top * s.width + column * s.stride - s.padding) * s.channels;
    };
    for (; ox + kPixels <= inside.last; ox += kPixels)
        depthwise_pixels<V, kKernel, kPixels>(s, first_tap(ox), weight, rows, y + ox * s.channels);
    for (; ox < inside.last; ++ox)
        depthwise_pixels<V, kKernel, 1>(s, first_tap(ox), weight, rows, y + ox * s.channels);
    for (; ox < s.out_width; ++ox)
        at_border(ox);
}

// Calls use.template operator()<kernel>() with the kernel's size as a constant.
template <typename Use>
inline void with_kernel(std::int64_t kernel, Use use) {
    if (kernel == 3)
        use.template operator()<3>();
    else if (kernel == 5)
        use.template operator()<5>();
    else
        use.template operator()<7>();
}

void depthwise(const DepthwiseShape& s, const float* x, const float* weight, float* y) {
    with_kernel(s.kernel, [&]<int kKernel>() {
        for_channels(s.channels, [&]<typename V>(V, std::int64_t c) {
            for (std::int64_t oy = 0; oy < s.out_height; ++oy)
                depthwise_row<V, kKernel>(
                    s, x + c, weight + c, oy, y + oy * s.out_width * s.channels + c);
        });
    });
}

void depthwise_to_input(const DepthwiseShape& s, const float* g, const float* weight, float* dx) {
    // For every output the taps' inputs are added to.
    std::fill_n(dx, s.height * s.width * s.channels, 0.0F);
    for_channels(s.channels, [&]<typename V>(V, std::int64_t c) {
        for (std::int64_t oy = 0; oy < s.out_height; ++oy) {
            const Range rows = taps_of_output(s, oy, s.height);
            for (std::int64_t ky = rows.first; ky < rows.last; ++ky) {
                const std::int64_t iy = oy * s.stride - s.padding + ky * s.dilation;
                for (std::int64_t kx = 0; kx < s.kernel; ++kx) {
                    const Range columns = outputs_of_tap(s, kx, s.width, s.out_width);
                    const V w = load<V>(weight + (ky * s.kernel + kx) * s.channels + c);
                    const float* from = g + oy * s.out_width * s.channels + c;
                    float* to = dx + (iy * s.width - s.padding + kx * s.dilation) * s.channels + c;
                    for (std::int64_t ox = columns.first; ox < columns.last; ++ox)
                        add_to<V>(to + ox * s.stride * s.channels,
                                  w * load<V>(from + ox * s.channels));
                }
            }
        }
    });
}

// Adds the products of one row of gradients and one row of inputs to the taps' sums.
template <typename V, int kKernel>
inline void depthwise_row_to_weight(const DepthwiseShape& s,
                                    const float* x,
                                    const float* g,
                                    float* dweight) {
    V sums[kKernel] = {};
    const Range inside = interior(s, s.width, s.out_width);
    const auto at_border = [&](std::int64_t ox) {
        const V gradient = load<V>(g + ox * s.channels);
        const Range columns = taps_of_output(s, ox, s.width);
        for (std::int64_t kx = columns.first; kx < columns.last; ++kx)
            sums[kx] +=
                gradient * load<V>(x + (ox * s.stride - s.padding + kx * s.dilation) * s.channels);
    };
    for (std::int64_t ox = 0; ox < inside.first; ++ox)
        at_border(ox);
    for (std::int64_t ox = inside.first; ox < inside.last; ++ox) {
        const V gradient = load<V>(g + ox * s.channels);
        const float* from = x + (ox * s.stride - s.padding) * s.channels;
        for (int kx = 0; kx < kKernel; ++kx)
            sums[kx] += gradient * load<V>(from + kx * s.dilation * s.channels);
    }
    for (std::int64_t ox = inside.last; ox < s.out_width; ++ox)
        at_border(ox);
    for (int kx = 0; kx < kKernel; ++kx)
        add_to<V>(dweight + kx * s.channels, sums[kx]);
}

void depthwise_to_weight(const DepthwiseShape& s, const float* x, const float* g, float* dweight) {
    with_kernel(s.kernel, [&]<int kKernel>() {
        for_channels(s.channels, [&]<typename V>(V, std::int64_t c) {
            for (std::int64_t oy = 0; oy < s.out_height; ++oy) {
                const Range rows = taps_of_output(s, oy, s.height);
                for (std::int64_t ky = rows.first; ky < rows.last; ++ky) {
                    const std::int64_t iy = oy * s.stride - s.padding + ky * s.dilation;
                    depthwise_row_to_weight<V, kKernel>(s,
                                                        x + iy * s.width * s.channels + c,
                                                        g + oy * s.out_width * s.channels + c,
                                                        dweight + ky * kKernel * s.channels + c);
                }
            }
        });
    });
}

constexpr ChannelLoops kLoops{.moments = moments,
                              .weighted_sum = weighted_sum,
                              .products = products,
                              .spread = spread,
                              .depthwise = depthwise,
                              .depthwise_to_input = depthwise_to_input,
                              .depthwise_to_weight = depthwise_to_weight};

}  // namespace
}  // namespace parnas::evaluators
