// SPDX-License-Identifier: Apache-2.0
#include "core/hash.h"

#include <charconv>
#include <fstream>
#include <memory>
#include <vector>
#include <xxhash.h>

#include <fmt/format.h>

#include "core/error.h"

namespace parnas {
namespace {

Digest to_digest(XXH128_hash_t hash) {
    return {.high = hash.high64, .low = hash.low64};
}

}  // namespace

std::string to_string(const Digest& digest) {
    return fmt::format("{:016x}{:016x}", digest.high, digest.low);
}

Digest digest_from_string(std::string_view text) {
    const auto word = [text](std::size_t at) {
        std::uint64_t value = 0;
        const char* end = text.data() + at + 16;
        const auto [stop, error] = std::from_chars(text.data() + at, end, value, 16);
        if (error != std::errc{} || stop != end)
            throw Error(ErrorKind::invalid_input, fmt::format("not a digest: '{}'", text));
        return value;
    };
    if (text.size() != 32)
        throw Error(ErrorKind::invalid_input,
                    fmt::format("a digest has 32 hexadecimal digits, got '{}'", text));
    return {.high = word(0), .low = word(16)};
}

Digest hash_bytes(std::string_view bytes) {
    return to_digest(XXH3_128bits(bytes.data(), bytes.size()));
}

Digest hash_words(std::span<const std::uint64_t> words) {
    return to_digest(XXH3_128bits(words.data(), words.size_bytes()));
}

Digest hash_file(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file || !std::filesystem::is_regular_file(path))
        throw Error(ErrorKind::not_found, "cannot read the file", path.string());
    const std::unique_ptr<XXH3_state_t, decltype(&XXH3_freeState)> state(XXH3_createState(),
                                                                         XXH3_freeState);
    XXH3_128bits_reset(state.get());
    std::vector<char> buffer(1 << 16);
    while (file.read(buffer.data(), static_cast<std::streamsize>(buffer.size())) ||
           file.gcount() > 0)
        XXH3_128bits_update(state.get(), buffer.data(), static_cast<std::size_t>(file.gcount()));
    return to_digest(XXH3_128bits_digest(state.get()));
}

}  // namespace parnas
