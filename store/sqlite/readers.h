// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "core/error.h"
#include "core/mutex.h"
#include "store/sqlite/database.h"

namespace parnas::store::sqlite {

// What a file looks like while no program has it open for writing.
struct QuietFile {
    std::uintmax_t size = 0;
    std::filesystem::file_time_type written;

    bool operator==(const QuietFile&) const = default;
};

enum class Beside {
    a_writer,  // of this process: it keeps the files of the WAL
    unknown,   // no or other programs: nothing may be made beside the file
};

// Reading connections, as many as there are threads reading at once. Thread-safe.
class Readers {
  public:
    Readers(std::filesystem::path path, Beside beside, std::chrono::milliseconds busy_timeout);

    // Calls `read(Database&)` on one snapshot of the file and returns its value. `read` may
    // be called again if the file changed meanwhile.
    template <typename Read>
    auto operator()(const Read& read) const {
        return without_transaction(
            [&](Database& database) { return within_transaction(database, read); });
    }

    // The same for what cannot run inside a transaction.
    template <typename Use>
    auto without_transaction(const Use& use) const {
        if (const auto before = quiet_file()) {
            try {
                auto value = use(*open(Access::immutable));
                if (quiet_file() == before)
                    return value;
            } catch (const Error&) {
                if (quiet_file() == before)
                    throw;
            }
        }
        auto database = borrow();
        auto value = use(*database);
        give_back(std::move(database));
        return value;
    }

  private:
    // Text in the tables that means nothing is damage, not a wrong request.
    template <typename Read>
    auto within_transaction(Database& database, const Read& read) const {
        try {
            const Transaction snapshot(database, Begin::deferred);
            return read(database);
        } catch (const Error& error) {
            if (error.kind() != ErrorKind::invalid_input)
                throw;
            throw Error(ErrorKind::damaged, error.what(), path_.string());
        }
    }

    std::optional<QuietFile> quiet_file() const;
    std::unique_ptr<Database> open(Access access) const;
    std::unique_ptr<Database> borrow() const;
    void give_back(std::unique_ptr<Database> database) const;

    std::filesystem::path path_;
    Beside beside_;
    std::chrono::milliseconds busy_timeout_;
    mutable Mutex mutex_;
    mutable std::vector<std::unique_ptr<Database>> idle_ PARNAS_GUARDED_BY(mutex_);
};

}  // namespace parnas::store::sqlite
