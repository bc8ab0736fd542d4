// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>

namespace parnas {

// A 128-bit fingerprint (XXH3). Not for security: it finds equal things.
struct Digest {
    std::uint64_t high = 0;
    std::uint64_t low = 0;

    auto operator<=>(const Digest&) const = default;
};

// 32 hexadecimal digits, high word first, and back. Throws Error(invalid_input).
std::string to_string(const Digest& digest);
Digest digest_from_string(std::string_view text);

Digest hash_bytes(std::string_view bytes);
Digest hash_words(std::span<const std::uint64_t> words);
// The content of a file. Throws Error(not_found) if it cannot be read.
Digest hash_file(const std::filesystem::path& path);

}  // namespace parnas

template <>
struct std::hash<parnas::Digest> {
    std::size_t operator()(const parnas::Digest& digest) const noexcept { return digest.low; }
};
