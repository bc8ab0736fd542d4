// SPDX-License-Identifier: Apache-2.0
#include <cerrno>
#include <cstring>
#include <system_error>
#include <unistd.h>

#include <fmt/format.h>

#include "core/draft_file.h"
#include "store/sqlite/schema.h"
#include "store/sqlite/whole_file.h"
#include "store/sqlite_file.h"
#include "store/sqlite_store.h"

namespace parnas::store {
namespace {

using sqlite::Access;
using sqlite::Database;

// One snapshot of the store, compact and without a WAL, in the draft; then checked.
FileSummary copy_to(DraftFile& draft, const std::filesystem::path& store) {
    sqlite::readers_of(store).without_transaction([&](Database& database) {
        std::filesystem::resize_file(draft.draft(), 0);  // from an attempt before
        database.execute("VACUUM INTO ?", draft.draft().string());
        return true;
    });
    sqlite::require_sound(draft.draft(), "the copy that was made has faults; nothing was replaced");
    return sqlite::summary_of(draft.draft());
}

// Nothing of a damaged file can be asked; then nobody is known to drive it.
template <typename Ask>
void unless_damaged(const Ask& ask) {
    try {
        ask();
    } catch (const Error& error) {
        if (error.kind() != ErrorKind::damaged)
            throw;
    }
}

// A name beside the file that nothing has.
std::filesystem::path free_name(const std::filesystem::path& path, const std::string& suffix) {
    for (int i = 1;; ++i) {
        std::filesystem::path name = path.string() + suffix + (i == 1 ? "" : fmt::format("-{}", i));
        if (!std::filesystem::exists(name))
            return name;
    }
}

// Gives the present file a second name, so that its place can be taken at once, and moves
// away what lies beside it, which SQLite would take for the new file's. `lock` keeps other
// programs out until it is gone.
std::optional<std::filesystem::path> keep_present(const std::filesystem::path& path,
                                                  std::optional<Database>& lock) {
    const std::filesystem::path kept = free_name(path, ".before-restore");
    const bool exists = std::filesystem::exists(path);
    if (exists) {
        unless_damaged([&] { sqlite::refuse_if_driven(path); });
        unless_damaged([&] {
            lock.emplace(path, Access::read_write, kBusyTimeout);
            // To leave WAL writes everything back, and fails while others have the file open.
            lock->script("PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE");
        });
    }
    for (const char* beside : {"-wal", "-journal", "-shm"}) {  // of a damaged or removed file
        std::error_code not_there;
        std::filesystem::rename(path.string() + beside, kept.string() + beside, not_there);
    }
    if (!exists)
        return std::nullopt;
    if (link(path.c_str(), kept.c_str()) != 0)
        throw Error(ErrorKind::unavailable,
                    std::string("cannot be written: ") + std::strerror(errno),
                    kept.string());
    return kept;
}

// Whatever it is: it is to be changed next.
void copy_as_it_is(Database& database, const std::filesystem::path& copy) {
    DraftFile draft(copy);
    database.execute("VACUUM INTO ?", draft.draft().string());
    draft.keep();
}

}  // namespace

FileSummary back_up(const std::filesystem::path& store,
                    const std::filesystem::path& backup,
                    Overwrite overwrite) {
    sqlite::require_file(store);
    if (overwrite == Overwrite::no && std::filesystem::exists(backup))
        throw Error(
            ErrorKind::conflict, "is there already; --force overwrites it", backup.string());
    sqlite::require_sound(store, "the store has faults, so no backup was made");
    DraftFile draft(backup);
    const FileSummary summary = copy_to(draft, store);
    draft.keep();
    return summary;
}

Restored restore(const std::filesystem::path& store, const std::filesystem::path& backup) {
    sqlite::require_file(backup);
    sqlite::require_sound(backup, "the backup has faults, so nothing was restored");
    std::error_code error;
    if (std::filesystem::equivalent(store, backup, error))
        throw Error(ErrorKind::invalid_input, "is the store itself", backup.string());
    DraftFile draft(store);
    Restored restored{.summary = copy_to(draft, backup)};
    std::optional<Database> lock;
    restored.previous = keep_present(store, lock);
    draft.keep();
    return restored;
}

Migrated migrate(const std::filesystem::path& store) {
    sqlite::require_file(store);
    Database database(store, Access::read_write, kBusyTimeout);
    Migrated migrated{.from = sqlite::schema_version(database), .to = kSchemaVersion};
    if (migrated.from == migrated.to)
        return migrated;
    migrated.backup = free_name(store, fmt::format(".version-{}", migrated.from));
    copy_as_it_is(database, *migrated.backup);
    sqlite::upgrade(database);
    return migrated;
}

Adopted adopt(const std::filesystem::path& file) {
    sqlite::require_file(file);
    Adopted adopted;
    {
        Database database(file, Access::read_write, kBusyTimeout);
        if (sqlite::needs_adoption(database)) {
            adopted.backup = free_name(file, ".before-adopt");
            copy_as_it_is(database, *adopted.backup);
            adopted.revision = sqlite::adopt(database);
        }
    }
    adopted.summary = sqlite::summary_of(file);
    adopted.faults = check_file(file);
    return adopted;
}

}  // namespace parnas::store
