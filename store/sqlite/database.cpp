// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/database.h"

#include <cerrno>
#include <cstring>
#include <optional>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <sqlite3.h>

#include "core/error.h"
#include "store/storage_fault.h"

namespace parnas::store::sqlite {
namespace {

int open_flags(Access access) {
    const int common = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    switch (access) {
        case Access::create:
            return common | SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
        case Access::read_write:
            return common | SQLITE_OPEN_READWRITE;
        case Access::read_only:
            return common | SQLITE_OPEN_READONLY;
        case Access::immutable:
            break;
    }
    return common | SQLITE_OPEN_READONLY | SQLITE_OPEN_URI;
}

std::string immutable_uri(const std::string& path) {
    std::string uri = "file:";
    for (const char c : path) {
        if (c == '%' || c == '?' || c == '#')
            uri += fmt::format("%{:02X}", static_cast<unsigned>(c));
        else
            uri += c;
    }
    return uri + "?immutable=1";
}

bool out_of_space(int system_error) {
    return system_error == ENOSPC || system_error == EDQUOT || system_error == EFBIG;
}

// Nullopt: neither the disk nor the file is to blame.
std::optional<StorageTrouble> trouble_of(int code, int system_error) {
    switch (code & 0xff) {
        case SQLITE_FULL:
            return StorageTrouble::full;
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
            return StorageTrouble::damaged;
        case SQLITE_IOERR:
            break;
        default:
            return std::nullopt;
    }
    if (code == SQLITE_IOERR_NOMEM)
        return std::nullopt;
    if (code == SQLITE_IOERR_CORRUPTFS)
        return StorageTrouble::damaged;
    // Space that was found missing only by a sync: what was written before may be lost as well.
    const bool synced = code == SQLITE_IOERR_FSYNC || code == SQLITE_IOERR_DIR_FSYNC;
    return out_of_space(system_error) && !synced ? StorageTrouble::full : StorageTrouble::failed;
}

Error error_for(int code, int system_error, const std::string& message, const std::string& path) {
    const std::string reason =
        system_error == 0 ? message : fmt::format("{} ({})", message, std::strerror(system_error));
    const auto unavailable = [&](const std::string& text) {
        return Error(ErrorKind::unavailable, text, path);
    };
    const bool io_error = (code & 0xff) == SQLITE_IOERR;
    if (code == SQLITE_IOERR_CORRUPTFS)
        code = SQLITE_CORRUPT;
    if (io_error && out_of_space(system_error))
        code = SQLITE_FULL;
    if (code == SQLITE_IOERR_WRITE || code == SQLITE_IOERR_SHMSIZE)
        return unavailable(
            fmt::format("the disk is full or fails, nothing was written: {}", reason));
    switch (code & 0xff) {
        case SQLITE_FULL:
            return unavailable(fmt::format("the disk is full, nothing was written: {}", reason));
        case SQLITE_IOERR:
            return unavailable(fmt::format("the file could not be read or written: {}", reason));
        case SQLITE_READONLY:
        case SQLITE_PERM:
        case SQLITE_AUTH:
            return unavailable("the file may only be read, not written");
        case SQLITE_CANTOPEN:
            return unavailable(fmt::format("the file or its directory cannot be used: {}", reason));
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
        case SQLITE_PROTOCOL:
            return unavailable(fmt::format(
                "another program holds the file's lock and did not let go of it in time: {}",
                message));
        case SQLITE_NOMEM:
            return unavailable("there is not enough memory");
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
            return {
                ErrorKind::damaged,
                fmt::format("the file is not a sound parnas store: {}; `sqlite3 {} .recover` may "
                            "save what is left",
                            message,
                            path),
                path};
        case SQLITE_TOOBIG:
            return {ErrorKind::invalid_input,
                    "a text or artifact is larger than SQLite can keep",
                    path};
        default:
            return {
                ErrorKind::internal, fmt::format("SQLite refused a statement: {}", reason), path};
    }
}

// To count the memory that it uses, SQLite would take a lock with each allocation, and nobody
// asks for it. Refused without harm if this process has used SQLite before.
void count_no_memory() {
    [[maybe_unused]] static const int configured = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

}  // namespace

void check_path(const std::filesystem::path& path) {
    std::error_code error;
    const auto file = std::filesystem::status(path, error);
    if (file.type() == std::filesystem::file_type::none)
        throw Error(ErrorKind::unavailable, error.message(), path.string());
    if (std::filesystem::is_directory(file))
        throw Error(ErrorKind::invalid_input, "is a folder, not a store", path.string());
    const auto folder = std::filesystem::absolute(path).parent_path();
    if (!std::filesystem::is_directory(folder, error))
        throw Error(ErrorKind::not_found, "the store's folder does not exist", folder.string());
}

void require_file(const std::filesystem::path& path) {
    check_path(path);
    std::error_code error;
    if (!std::filesystem::exists(path, error))
        throw Error(ErrorKind::not_found, "there is no such store", path.string());
}

void Database::Close::operator()(sqlite3* handle) const {
    sqlite3_close_v2(handle);
}

Database::Database(std::filesystem::path path,
                   Access access,
                   std::chrono::milliseconds busy_timeout)
    : path_(std::filesystem::absolute(path)), busy_timeout_(busy_timeout) {
    count_no_memory();
    const std::string name =
        access == Access::immutable ? immutable_uri(path_.string()) : path_.string();
    sqlite3* handle = nullptr;
    const int code = sqlite3_open_v2(name.c_str(), &handle, open_flags(access), nullptr);
    handle_.reset(handle);
    if (code != SQLITE_OK)
        fail(code);
    sqlite3_busy_timeout(handle, static_cast<int>(busy_timeout.count()));
    script("PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA temp_store = MEMORY");
}

void Database::script(const std::string& sql) {
    errno = 0;
    const int code = sqlite3_exec(handle(), sql.c_str(), nullptr, nullptr, nullptr);
    if (code != SQLITE_OK)
        fail(code);
}

std::int64_t Database::changes() const {
    return sqlite3_changes64(handle());
}

std::int64_t Database::last_row() const {
    return sqlite3_last_insert_rowid(handle());
}

bool Database::in_transaction() const {
    return sqlite3_get_autocommit(handle()) == 0;
}

void Database::keep_wal() {
    sqlite3_db_config(handle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
}

void Database::fail(int code) const {
    const int last = errno;
    if (handle() == nullptr)
        throw Error(ErrorKind::unavailable, "there is not enough memory");
    const bool of_the_system =
        (code & 0xff) == SQLITE_IOERR || (code & 0xff) == SQLITE_CANTOPEN || code == SQLITE_FULL;
    int system_error = of_the_system ? sqlite3_system_errno(handle()) : 0;
    // Of a write to the WAL SQLite keeps no more than that it failed.
    if (of_the_system && system_error == 0 && out_of_space(last))
        system_error = last;
    const Error error = error_for(code, system_error, sqlite3_errmsg(handle()), path_.string());
    if (const auto trouble = trouble_of(code, system_error))
        throw StorageError(*trouble, error);
    throw error;
}

Statement& Database::statement(std::string_view sql) {
    auto& statement = statements_[sql];
    if (!statement)
        statement = std::make_unique<Statement>(*this, sql);
    return *statement;
}

Transaction::Transaction(Database& database, Begin begin) : database_(database) {
    database.execute(begin == Begin::immediate ? "BEGIN IMMEDIATE" : "BEGIN");
}

Transaction::~Transaction() {
    // SQLite itself has rolled back after some errors, such as a full disk.
    if (!database_.in_transaction())
        return;
    try {
        database_.execute("ROLLBACK");
    } catch (const Error&) {
        // The error that led here is being reported; the connection's next BEGIN shows more.
    }
}

void Transaction::commit() {
    database_.execute("COMMIT");
}

}  // namespace parnas::store::sqlite
