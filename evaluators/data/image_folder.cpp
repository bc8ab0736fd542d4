// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cctype>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "core/error.h"
#include "evaluators/data/file.h"
#include "evaluators/data/image.h"
#include "evaluators/data/readers.h"

namespace parnas::evaluators {
namespace {

namespace fs = std::filesystem;

bool is_image(const fs::path& path) {
    std::string extension = path.extension().string();
    std::ranges::transform(extension, extension.begin(), [](unsigned char c) {
        return static_cast<char>(std::tolower(c));
    });
    constexpr std::array<std::string_view, 6> kKnown{
        ".png", ".jpg", ".jpeg", ".bmp", ".ppm", ".pgm"};
    return std::ranges::find(kKnown, extension) != kKnown.end();
}

template <typename Predicate>
std::vector<fs::path> sorted_entries(const fs::path& folder, Predicate wanted) {
    std::error_code error;
    std::vector<fs::path> paths;
    for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error))
        if (wanted(*it))
            paths.push_back(it->path());
    if (error)
        throw Error(ErrorKind::not_found,
                    fmt::format("the folder cannot be read: {}", error.message()),
                    folder.string());
    std::ranges::sort(paths);
    return paths;
}

}  // namespace

DataSet read_image_folder(const ImageFolderOptions& options) {
    const std::vector<fs::path> folders = sorted_entries(options.folder, [](const auto& entry) {
        return entry.is_directory() && !entry.path().filename().string().starts_with('.');
    });
    if (folders.empty())
        throw Error(ErrorKind::invalid_input,
                    "expected one folder per class, found none",
                    options.folder.string());

    DataSet data;
    data.shape = {options.channels, options.height, options.width};
    data.classes = static_cast<std::int64_t>(folders.size());
    Faults faults;
    std::vector<std::uint64_t> words;
    const auto add = [&](const fs::path& path, std::int32_t label) {
        const std::string content = read_content(path);
        const auto decoded = decode_image(content, options.channels);
        if (const auto* reason = std::get_if<std::string>(&decoded)) {
            faults.add(path.string(), *reason);
            return;
        }
        const Image image = resized(std::get<Image>(decoded), options.height, options.width);
        data.values.insert(data.values.end(), image.values.begin(), image.values.end());
        data.labels.push_back(label);
        const Digest digest = hash_bytes(content);
        words.insert(words.end(), {digest.high, digest.low, static_cast<std::uint64_t>(label)});
    };
    for (std::size_t label = 0; label < folders.size(); ++label) {
        const std::vector<fs::path> files = sorted_entries(folders[label], [](const auto& entry) {
            return entry.is_regular_file() && is_image(entry.path());
        });
        if (files.empty())
            faults.add(folders[label].string(), "the folder of this class has no images");
        for (const fs::path& file : files)
            if (faults.list().size() < kMaxFaults)
                add(file, static_cast<std::int32_t>(label));
    }
    faults.throw_if_any();
    data.digest = hash_words(words);
    return data;
}

}  // namespace parnas::evaluators
