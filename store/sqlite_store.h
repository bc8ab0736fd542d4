// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>

#include "store/store.h"

namespace parnas::store {

enum class OpenMode {
    create,     // makes the file if it is not there
    existing,   // Error(not_found) if it is not there
    read_only,  // existing, and nothing is ever written
};

// How long another program's lock is waited for; then Error(unavailable).
inline constexpr std::chrono::milliseconds kBusyTimeout{5000};

struct SqliteOptions {
    std::filesystem::path path;
    OpenMode mode = OpenMode::create;
    std::chrono::milliseconds busy_timeout = kBusyTimeout;
    // Many commits are to come: 16 MB are written now so that each of them is quicker.
    bool for_long = false;
};

// Of the tables that this program makes and needs (docs/store-schema.md).
inline constexpr std::int64_t kSchemaVersion = 3;

// A store in one SQLite file, WAL mode, synchronous=FULL. One thread owns the only writing
// connection and commits whatever waits together (group commit). Opens files that Optuna
// 3.2 to 5.0 wrote and adds the parnas_* tables to them. Throws Error(damaged) for what is
// not such a file, with what SQLite says of it.
std::unique_ptr<Store> make_sqlite_store(const SqliteOptions& options);

}  // namespace parnas::store
