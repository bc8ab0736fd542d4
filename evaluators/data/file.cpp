// SPDX-License-Identifier: Apache-2.0
#include "evaluators/data/file.h"

#include <algorithm>
#include <memory>
#include <system_error>
#include <utility>
#include <zlib.h>

#include <fmt/format.h>

#include "core/error.h"

namespace parnas::evaluators {
namespace {

constexpr std::size_t kChunkBytes = std::size_t{1} << 20;

struct CloseGzip {
    void operator()(gzFile_s* file) const { gzclose_r(file); }
};

}  // namespace

std::string read_content(const std::filesystem::path& path, std::size_t max_bytes) {
    std::error_code ignored;
    if (std::filesystem::is_directory(path, ignored))
        throw Error(ErrorKind::not_found, "expected a file, found a folder", path.string());
    // gzopen passes through what is not gzip.
    const std::unique_ptr<gzFile_s, CloseGzip> file(gzopen(path.c_str(), "rb"));
    if (!file)
        throw Error(ErrorKind::not_found, "the file cannot be opened", path.string());

    std::string content;
    for (;;) {
        const std::size_t filled = content.size();
        // One byte more than allowed tells that there is more.
        const std::size_t wanted = std::min(kChunkBytes, max_bytes - filled + 1);
        content.resize(filled + wanted);
        const int count =
            gzread(file.get(), content.data() + filled, static_cast<unsigned>(wanted));
        int code = Z_OK;
        const std::string_view reason = gzerror(file.get(), &code);
        if (count < 0 || code != Z_OK)
            throw Error(ErrorKind::invalid_input,
                        fmt::format("the compressed data is damaged or cut off: {}", reason),
                        path.string());
        content.resize(filled + static_cast<std::size_t>(count));
        if (content.size() > max_bytes)
            throw Error(ErrorKind::invalid_input,
                        fmt::format("the content is larger than {} bytes", max_bytes),
                        path.string());
        if (count == 0)
            return content;
    }
}

void refuse_file(const std::filesystem::path& path, std::string message) {
    throw Error(ErrorKind::invalid_input, std::move(message), path.string());
}

}  // namespace parnas::evaluators
