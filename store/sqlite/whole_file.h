// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "store/sqlite/readers.h"
#include "store/sqlite_file.h"

// What is asked of a file as a whole before and after it is copied, replaced or rewritten.
namespace parnas::store::sqlite {

// Of a file that other programs may have open.
Readers readers_of(const std::filesystem::path& path);

FileSummary summary_of(const std::filesystem::path& path);

// Throws Error(damaged) with `what` and all faults if there are any.
void require_sound(const std::filesystem::path& path, const char* what);

// Throws Error(conflict) while somebody drives one of its studies.
void refuse_if_driven(const std::filesystem::path& path);

}  // namespace parnas::store::sqlite
