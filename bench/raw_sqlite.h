// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>

namespace parnas::bench {

// Inserts finished trials into the Optuna tables of a store that has study 1 by prepared
// statements and nothing else: what the disk and SQLite allow. `per_transaction` of them are
// committed together. Throws Error(unavailable) with what SQLite says.
void insert_trials(const std::filesystem::path& store,
                   std::int64_t trials,
                   std::int64_t per_transaction,
                   int parameters);

}  // namespace parnas::bench
