// SPDX-License-Identifier: Apache-2.0
#include <string_view>

#include <fmt/format.h>

#include "core/error.h"
#include "evaluators/data/file.h"
#include "evaluators/data/readers.h"

namespace parnas::evaluators {
namespace {

constexpr std::size_t kPixels = 3 * 32 * 32;
constexpr std::size_t kRecord = 1 + kPixels;
constexpr std::int32_t kClasses = 10;

void append(DataSet& data, std::string_view content, const std::filesystem::path& path) {
    if (content.empty() || content.size() % kRecord != 0)
        throw Error(
            ErrorKind::invalid_input,
            fmt::format(
                "expected records of {} bytes, found {} bytes in all", kRecord, content.size()),
            path.string());
    for (std::size_t start = 0; start < content.size(); start += kRecord) {
        const std::int32_t label = static_cast<unsigned char>(content[start]);
        if (label >= kClasses)
            throw Error(ErrorKind::invalid_input,
                        fmt::format("byte {}: expected a label below 10, found {}", start, label),
                        path.string());
        data.labels.push_back(label);
        for (const char byte : content.substr(start + 1, kPixels))
            data.values.push_back(static_cast<unsigned char>(byte));
    }
}

}  // namespace

DataSet read_cifar10(const std::vector<std::filesystem::path>& paths) {
    DataSet data;
    data.shape = {3, 32, 32};
    data.classes = kClasses;
    std::vector<std::uint64_t> words;
    for (const std::filesystem::path& path : paths) {
        const std::string content = read_content(path);
        append(data, content, path);
        const Digest digest = hash_bytes(content);
        words.insert(words.end(), {digest.high, digest.low});
    }
    data.digest = hash_words(words);
    return data;
}

}  // namespace parnas::evaluators
