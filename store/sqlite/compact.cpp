// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cstdlib>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

#include <fmt/format.h>

#include "store/sqlite/whole_file.h"
#include "store/sqlite_store.h"
#include "store/storage_fault.h"

namespace parnas::store {
namespace {

using sqlite::Access;
using sqlite::Database;
using sqlite::Query;

// What the WAL has beside each page, and whatever else may be written meanwhile.
constexpr double kBesidePages = 1.01;
constexpr std::uintmax_t kMargin = 1 << 20;

std::uintmax_t pragma_value(Database& database, std::string_view pragma) {
    Query query = database.query(pragma);
    query.next();
    return static_cast<std::uintmax_t>(query.integer(0));
}

std::uintmax_t bytes_of(const std::filesystem::path& file) {
    std::error_code not_there;
    const std::uintmax_t size = std::filesystem::file_size(file, not_there);
    return not_there ? 0 : size;
}

// Where SQLite makes them: the first that is a folder and may be written.
std::filesystem::path folder_of_temporary_files() {
    const std::array<const char*, 5> candidates{
        std::getenv("SQLITE_TMPDIR"), std::getenv("TMPDIR"), "/var/tmp", "/usr/tmp", "/tmp"};
    for (const char* candidate : candidates)
        if (candidate != nullptr && std::filesystem::is_directory(candidate) &&
            access(candidate, W_OK | X_OK) == 0)
            return candidate;
    return ".";
}

bool on_one_disk(const std::filesystem::path& a, const std::filesystem::path& b) {
    struct stat of_a {};
    struct stat of_b {};
    return stat(a.c_str(), &of_a) == 0 && stat(b.c_str(), &of_b) == 0 && of_a.st_dev == of_b.st_dev;
}

void require_room(const std::filesystem::path& folder, std::uintmax_t needed, const char* what) {
    std::error_code unknown;
    const std::uintmax_t there = std::filesystem::space(folder, unknown).available;
    if (unknown || there >= needed)
        return;  // what cannot be known shows when it is written
    throw Error(ErrorKind::unavailable,
                fmt::format("compacting needs {} bytes {}, and there are {}", needed, what, there),
                folder.string());
}

// For the new pages, first in a temporary file and then in the WAL.
void require_room(Database& database) {
    const std::uintmax_t pages = pragma_value(database, "PRAGMA main.page_count") -
                                 pragma_value(database, "PRAGMA main.freelist_count");
    const std::uintmax_t bytes = pages * pragma_value(database, "PRAGMA main.page_size");
    const auto of_wal =
        static_cast<std::uintmax_t>(static_cast<double>(bytes) * kBesidePages) + kMargin;
    const std::filesystem::path folder = database.path().parent_path();
    const std::filesystem::path temporary = folder_of_temporary_files();
    if (on_one_disk(folder, temporary)) {
        require_room(folder, bytes + of_wal, "of disk");
        return;
    }
    require_room(folder, of_wal, "beside the store");
    require_room(temporary, bytes, "for a temporary file, or another folder as $SQLITE_TMPDIR");
}

// From now on nobody else can read or write the file.
void keep_others_out(Database& database) {
    try {
        database.script(
            "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; BEGIN EXCLUSIVE; COMMIT");
    } catch (const Error& error) {
        if (error.kind() != ErrorKind::unavailable || dynamic_cast<const StorageError*>(&error))
            throw;
        throw Error(ErrorKind::unavailable,
                    "another program has the store open: stop servers and searches that use it, "
                    "and compact it again",
                    database.path().string());
    }
}

}  // namespace

Compacted compact(const std::filesystem::path& store) {
    sqlite::require_file(store);
    sqlite::require_sound(store, "the store has faults, so it was not compacted");
    sqlite::refuse_if_driven(store);
    Compacted compacted;
    {
        Database database(store, Access::read_write, kBusyTimeout);
        keep_others_out(database);
        compacted.before = bytes_of(store) + bytes_of(store.string() + "-wal");
        require_room(database);
        // The new pages are one transaction in the WAL.
        database.script(
            "PRAGMA synchronous = FULL; PRAGMA temp_store = FILE; VACUUM;"
            "PRAGMA wal_checkpoint(TRUNCATE)");
    }
    compacted.summary = sqlite::summary_of(store);
    compacted.after = compacted.summary.bytes;
    return compacted;
}

}  // namespace parnas::store
