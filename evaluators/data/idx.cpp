// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <string_view>

#include <fmt/format.h>

#include "core/error.h"
#include "evaluators/data/file.h"
#include "evaluators/data/readers.h"

namespace parnas::evaluators {
namespace {

constexpr std::uint32_t kUnsignedByte = 0x08;

struct Tensor {
    std::vector<std::int64_t> shape;
    std::string_view bytes;
};

std::uint32_t big_endian(std::string_view bytes) {
    std::uint32_t word = 0;
    for (const char byte : bytes.substr(0, 4))
        word = word << 8 | static_cast<unsigned char>(byte);
    return word;
}

// Magic number: two zero bytes, the type, the number of dimensions; then the dimensions.
Tensor parse(std::string_view content, const std::filesystem::path& path) {
    if (content.size() < 4)
        refuse_file(path, fmt::format("expected an IDX header, found {} bytes", content.size()));
    const std::uint32_t magic = big_endian(content);
    const std::size_t dimensions = magic & 0xff;
    if (magic >> 8 != kUnsignedByte || dimensions < 1 || dimensions > 4)
        refuse_file(path,
                    fmt::format("byte 0: expected the magic number of IDX bytes (0x00000801 to "
                                "0x00000804), found {:#010x}",
                                magic));
    const std::size_t header = 4 + 4 * dimensions;
    if (content.size() < header)
        refuse_file(path,
                    fmt::format("expected {} bytes of header, found {}", header, content.size()));

    Tensor tensor;
    tensor.bytes = content.substr(header);
    std::size_t expected = 1;
    for (std::size_t i = 0; i < dimensions; ++i) {
        const std::size_t size = big_endian(content.substr(4 + 4 * i));
        if (size == 0)
            refuse_file(path, fmt::format("byte {}: dimension {} is 0", 4 + 4 * i, i));
        if (size > kMaxFileBytes / expected)
            refuse_file(
                path,
                fmt::format("byte {}: dimensions of more than {} bytes", 4 + 4 * i, kMaxFileBytes));
        expected *= size;
        tensor.shape.push_back(static_cast<std::int64_t>(size));
    }
    if (tensor.bytes.size() != expected)
        refuse_file(
            path,
            fmt::format(
                "the header promises {} bytes of data, found {}", expected, tensor.bytes.size()));
    return tensor;
}

}  // namespace

DataSet read_idx(const IdxOptions& options) {
    const std::string image_content = read_content(options.images);
    const std::string label_content = read_content(options.labels);
    const Tensor images = parse(image_content, options.images);
    const Tensor labels = parse(label_content, options.labels);
    if (images.shape.size() < 3)
        refuse_file(
            options.images,
            fmt::format("expected images of 3 or 4 dimensions, found {}", images.shape.size()));
    if (labels.shape.size() != 1)
        refuse_file(options.labels,
                    fmt::format("expected labels of 1 dimension, found {}", labels.shape.size()));
    if (images.shape[0] != labels.shape[0])
        refuse_file(options.labels,
                    fmt::format("{} labels for {} images", labels.shape[0], images.shape[0]));

    DataSet data;
    data.shape.assign(images.shape.begin() + 1, images.shape.end());
    if (data.shape.size() == 2)
        data.shape.insert(data.shape.begin(), 1);
    data.values.reserve(images.bytes.size());
    for (const char byte : images.bytes)
        data.values.push_back(static_cast<unsigned char>(byte));
    data.labels.reserve(labels.bytes.size());
    for (const char byte : labels.bytes)
        data.labels.push_back(static_cast<unsigned char>(byte));
    data.classes = *std::ranges::max_element(data.labels) + 1;
    const Digest first = hash_bytes(image_content);
    const Digest second = hash_bytes(label_content);
    data.digest = hash_words(std::array{first.high, first.low, second.high, second.low});
    return data;
}

}  // namespace parnas::evaluators
