// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace parnas::evaluators {

// Channels x height x width, row-major; decoded values are 0 to 255.
struct Image {
    std::int64_t channels = 0;
    std::int64_t height = 0;
    std::int64_t width = 0;
    std::vector<float> values;
};

// A PNG, JPEG, BMP, PPM or PGM file with `channels` (1 or 3) channels, or the reason why
// `bytes` is none, as a text. Images of more than 2^27 pixels are refused.
std::variant<Image, std::string> decode_image(std::string_view bytes, std::int64_t channels);

// Bilinear, with centres of pixels at halves. Where it shrinks, the triangle widens with
// the factor, so that every pixel counts (as Pillow does).
Image resized(const Image& image, std::int64_t height, std::int64_t width);

}  // namespace parnas::evaluators
