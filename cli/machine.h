// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

// What parnas runs on, as `parnas doctor` reports it.
namespace parnas::cli {

// Cores that this process may use.
int usable_cores();

// The memory limit of this process' control group or of one above it (version 2 or 1), and
// the machine's memory if that is less.
std::uintmax_t memory_limit();

// The file that the system's BLAS comes from, links followed; nothing if there is none.
std::optional<std::filesystem::path> blas_library();

// "3.40.1": of the library that is loaded.
std::string sqlite_version();

// SQLite 3.7.0 to 3.51.2 can lose a write when one connection resets the WAL while another
// one checkpoints. Throws Error(internal) for what is no version.
bool has_wal_reset_bug(const std::string& version);

}  // namespace parnas::cli
