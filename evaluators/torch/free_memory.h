// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace parnas::evaluators {

// Bytes that this process may still take: the least of what its control groups (version 2
// or 1) and all groups above them leave, and of MemAvailable. Pages that only cache files
// count as free. A limit that cannot be read is none. `root` holds proc/ and sys/.
std::int64_t free_memory(const std::filesystem::path& root = "/");

// "3.2 GiB"
std::string to_gib(double bytes);

}  // namespace parnas::evaluators
