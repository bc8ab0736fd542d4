// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

namespace parnas::evaluators {

// The content of a file, decompressed if it is gzip. Throws Error(not_found) if it cannot
// be opened, Error(invalid_input) if the compressed data is damaged or cut off, or if there
// are more than `kMaxFileBytes` of content.
inline constexpr std::size_t kMaxFileBytes = std::size_t{2} << 30;
std::string read_content(const std::filesystem::path& path, std::size_t max_bytes = kMaxFileBytes);

// Of one file or table no more faults than these are told.
inline constexpr std::size_t kMaxFaults = 20;

// Throws Error(invalid_input) at the file.
[[noreturn]] void refuse_file(const std::filesystem::path& path, std::string message);

}  // namespace parnas::evaluators
