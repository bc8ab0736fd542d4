// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "store/sqlite/statement.h"

struct sqlite3;

namespace parnas::store::sqlite {

// Faults of a store's path that SQLite would only call "unable to open database file".
void check_path(const std::filesystem::path& path);
// As check_path(); Error(not_found) if there is no such file.
void require_file(const std::filesystem::path& path);

enum class Access {
    create,  // reads and writes; makes the file
    read_write,
    read_only,
    immutable,  // as read_only, but takes no locks and makes no files: nobody may write
};

// One connection. For one thread at a time. Whatever SQLite refuses becomes an Error whose
// place is the file's path.
class Database {
  public:
    Database(std::filesystem::path path, Access access, std::chrono::milliseconds busy_timeout);
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;

    // Several statements without values.
    void script(const std::string& sql);
    // Prepared statements are kept by their text, which must outlive the connection.
    template <typename... Values>
    void execute(std::string_view sql, const Values&... values) {
        Query(statement(sql), Texts::borrowed, values...).run();
    }
    template <typename... Values>
    Query query(std::string_view sql, const Values&... values) {
        return Query(statement(sql), Texts::copied, values...);
    }
    // Whose values are bound one by one, and stay where they are.
    Query prepared(std::string_view sql) { return Query(statement(sql), Texts::borrowed); }

    // Rows that the last statement changed.
    std::int64_t changes() const;
    // The id of the row that was inserted last.
    std::int64_t last_row() const;
    bool in_transaction() const;
    // What is in the WAL stays there when the connection is closed.
    void keep_wal();

    const std::filesystem::path& path() const { return path_; }
    std::chrono::milliseconds busy_timeout() const { return busy_timeout_; }
    sqlite3* handle() const { return handle_.get(); }
    // Throws the Error for a result code of the last call, before which errno was 0: StorageError
    // if disk or file are to blame.
    [[noreturn]] void fail(int code) const;

  private:
    struct Close {
        void operator()(sqlite3* handle) const;
    };

    Statement& statement(std::string_view sql);

    std::filesystem::path path_;
    std::chrono::milliseconds busy_timeout_;
    std::unique_ptr<sqlite3, Close> handle_;
    std::unordered_map<std::string_view, std::unique_ptr<Statement>> statements_;
};

enum class Begin { deferred, immediate };

// Rolls back unless it was committed.
class Transaction {
  public:
    Transaction(Database& database, Begin begin);
    ~Transaction();
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;

    void commit();

  private:
    Database& database_;
};

}  // namespace parnas::store::sqlite
