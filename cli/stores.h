// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <string_view>

#include "cli/options.h"
#include "store/store.h"

namespace parnas::cli {

// --store, else $PARNAS_STORE, else parnas.db.
std::filesystem::path store_path(const GlobalOptions& options);

// For looking: nothing is written, and the file must be there.
std::unique_ptr<store::Store> open_to_read(const GlobalOptions& options);

// To change what is there: Error(not_found) if there is no such file.
std::unique_ptr<store::Store> open_to_write(const GlobalOptions& options);

// Throws Error(not_found), which lists the store's studies.
store::StudyRecord find_study(const store::Store& store, std::string_view name);

}  // namespace parnas::cli
