// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/readers.h"

#include <system_error>

#include "store/sqlite/schema.h"

namespace parnas::store::sqlite {
namespace {

constexpr std::size_t kMaxIdle = 8;

bool exists_beside(const std::filesystem::path& path, const char* suffix) {
    std::error_code ignored;
    return std::filesystem::exists(path.string() + suffix, ignored);
}

}  // namespace

Readers::Readers(std::filesystem::path path, Beside beside, std::chrono::milliseconds busy_timeout)
    : path_(std::move(path)), beside_(beside), busy_timeout_(busy_timeout) {}

// A writer in WAL mode has a -wal file from its first access to its end; one without has a
// -journal while it writes. Where there is neither, the file can be read as it lies, which
// makes no files beside it and works in a folder that may not be written.
std::optional<QuietFile> Readers::quiet_file() const {
    if (beside_ == Beside::a_writer)
        return std::nullopt;
    if (exists_beside(path_, "-wal") || exists_beside(path_, "-journal"))
        return std::nullopt;
    std::error_code size_error;
    std::error_code time_error;
    const QuietFile file{.size = std::filesystem::file_size(path_, size_error),
                         .written = std::filesystem::last_write_time(path_, time_error)};
    if (size_error || time_error)
        return std::nullopt;
    return file;
}

std::unique_ptr<Database> Readers::open(Access access) const {
    auto database = std::make_unique<Database>(path_, access, busy_timeout_);
    prepare_reader(*database);
    return database;
}

std::unique_ptr<Database> Readers::borrow() const {
    {
        const MutexLock lock(mutex_);
        if (!idle_.empty()) {
            auto database = std::move(idle_.back());
            idle_.pop_back();
            return database;
        }
    }
    return open(Access::read_only);
}

void Readers::give_back(std::unique_ptr<Database> database) const {
    const MutexLock lock(mutex_);
    if (idle_.size() < kMaxIdle)
        idle_.push_back(std::move(database));
}

}  // namespace parnas::store::sqlite
