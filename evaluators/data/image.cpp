// SPDX-License-Identifier: Apache-2.0
#include "evaluators/data/image.h"

#include <algorithm>
#include <cmath>
#include <memory>

#define STB_IMAGE_STATIC
#define STB_IMAGE_IMPLEMENTATION
#define STBI_NO_STDIO
#define STBI_NO_HDR
#define STBI_NO_LINEAR
#define STBI_ONLY_BMP
#define STBI_ONLY_JPEG
#define STBI_ONLY_PNG
#define STBI_ONLY_PNM
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-function"  // a static library in one header
#include <stb/stb_image.h>
#pragma GCC diagnostic pop

namespace parnas::evaluators {
namespace {

constexpr std::int64_t kMaxPixels = std::int64_t{1} << 27;
constexpr std::size_t kMaxBytes = std::size_t{1} << 30;

struct FreePixels {
    void operator()(stbi_uc* pixels) const { stbi_image_free(pixels); }
};

// Where the pixels of a PPM or PGM file begin: after the magic, width, height, largest value
// and one white space.
std::size_t pnm_header_size(std::string_view bytes) {
    std::size_t at = 2;
    for (int number = 0; number < 3; ++number) {
        at = bytes.find_first_not_of(" \t\r\n", at);
        while (at < bytes.size() && bytes[at] == '#')
            at = bytes.find_first_not_of(" \t\r\n", std::min(bytes.find('\n', at), bytes.size()));
        at = bytes.find_first_of(" \t\r\n", at);
    }
    return at < bytes.size() ? at + 1 : bytes.size();
}

// stb_image decodes files that are cut off, with arbitrary pixels at the end; PNG's check
// it finds itself. `samples` is width x height x channels of the file.
bool is_cut_off(std::string_view bytes, std::size_t samples) {
    if (bytes.starts_with("P5") || bytes.starts_with("P6"))
        return bytes.size() - pnm_header_size(bytes) < samples;
    if (bytes.starts_with("\xff\xd8")) {  // the last scan has an end; a thumbnail has its own
        const std::size_t scan = bytes.rfind("\xff\xda");
        const std::size_t end = bytes.rfind("\xff\xd9");
        return scan == bytes.npos || end == bytes.npos || end < scan;
    }
    if (bytes.starts_with("BM")) {
        std::size_t size = 0;
        for (const std::size_t i : {5, 4, 3, 2})
            size = size << 8 | static_cast<unsigned char>(bytes[i]);
        return bytes.size() < size;
    }
    return false;
}

// Which inputs make one output, and how much of each.
struct Taps {
    std::int64_t first = 0;
    std::vector<float> weights;
};

std::vector<Taps> make_taps(std::int64_t from, std::int64_t to) {
    const double scale = static_cast<double>(from) / static_cast<double>(to);
    const double radius = std::max(scale, 1.0);
    std::vector<Taps> all;
    for (std::int64_t i = 0; i < to; ++i) {
        const double centre = (static_cast<double>(i) + 0.5) * scale;
        const auto first = static_cast<std::int64_t>(std::max(0.0, std::floor(centre - radius)));
        const auto end = std::min(from, static_cast<std::int64_t>(std::ceil(centre + radius)));
        Taps taps{first, {}};
        double sum = 0.0;
        std::vector<double> weights;
        for (std::int64_t k = first; k < end; ++k) {
            const double distance = std::abs(static_cast<double>(k) + 0.5 - centre) / radius;
            weights.push_back(std::max(0.0, 1.0 - distance));
            sum += weights.back();
        }
        for (const double weight : weights)
            taps.weights.push_back(static_cast<float>(weight / sum));
        all.push_back(std::move(taps));
    }
    return all;
}

// `lines` lines of `taps.size()` outputs each; inputs of a line are `stride` apart.
struct Layout {
    std::int64_t lines = 0;
    std::int64_t in_line = 0, in_stride = 0;
    std::int64_t out_line = 0, out_stride = 0;
};

void filter(const float* in, float* out, const std::vector<Taps>& taps, const Layout& layout) {
    for (std::int64_t line = 0; line < layout.lines; ++line) {
        const float* from = in + line * layout.in_line;
        float* to = out + line * layout.out_line;
        for (const Taps& tap : taps) {
            float sum = 0.0F;
            const float* value = from + tap.first * layout.in_stride;
            for (const float weight : tap.weights) {
                sum += weight * *value;
                value += layout.in_stride;
            }
            *to = sum;
            to += layout.out_stride;
        }
    }
}

std::vector<float> make_values(std::int64_t channels, std::int64_t height, std::int64_t width) {
    return std::vector<float>(static_cast<std::size_t>(channels * height * width));
}

}  // namespace

std::variant<Image, std::string> decode_image(std::string_view bytes, std::int64_t channels) {
    if (bytes.size() > kMaxBytes)
        return "the file is larger than 1 GiB";
    const auto* data = reinterpret_cast<const stbi_uc*>(bytes.data());
    const int length = static_cast<int>(bytes.size());
    int width = 0;
    int height = 0;
    int found = 0;
    if (stbi_info_from_memory(data, length, &width, &height, &found) == 0)
        return std::string("not a PNG, JPEG, BMP, PPM or PGM image: ") + stbi_failure_reason();
    if (width < 1 || height < 1)
        return "the image has no pixels";
    if (std::int64_t{width} * height > kMaxPixels)
        return "the image has more than 2^27 pixels";
    const auto samples = static_cast<std::size_t>(std::int64_t{width} * height * found);
    if (is_cut_off(bytes, samples))
        return "the image is cut off";
    const std::unique_ptr<stbi_uc, FreePixels> pixels(
        stbi_load_from_memory(data, length, &width, &height, &found, static_cast<int>(channels)));
    if (!pixels)
        return std::string("the image cannot be decoded: ") + stbi_failure_reason();

    Image image{channels, height, width, make_values(channels, height, width)};
    const std::int64_t plane = image.height * image.width;
    const stbi_uc* pixel = pixels.get();
    for (std::int64_t i = 0; i < plane; ++i)
        for (std::int64_t channel = 0; channel < channels; ++channel)
            image.values[static_cast<std::size_t>(channel * plane + i)] = *pixel++;
    return image;
}

Image resized(const Image& image, std::int64_t height, std::int64_t width) {
    if (image.height == height && image.width == width)
        return image;
    const std::int64_t channels = image.channels;
    std::vector<float> wide = make_values(channels, image.height, width);
    filter(image.values.data(),
           wide.data(),
           make_taps(image.width, width),
           {.lines = channels * image.height,
            .in_line = image.width,
            .in_stride = 1,
            .out_line = width,
            .out_stride = 1});
    Image result{channels, height, width, make_values(channels, height, width)};
    const std::vector<Taps> rows = make_taps(image.height, height);
    for (std::int64_t channel = 0; channel < channels; ++channel)
        filter(
            wide.data() + channel * image.height * width,
            result.values.data() + channel * height * width,
            rows,
            {.lines = width, .in_line = 1, .in_stride = width, .out_line = 1, .out_stride = width});
    return result;
}

}  // namespace parnas::evaluators
