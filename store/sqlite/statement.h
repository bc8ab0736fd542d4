// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

struct sqlite3_stmt;

namespace parnas::store::sqlite {

class Database;

// Bytes, where a plain text would be bound as text.
struct Blob {
    std::string_view bytes;
};

// A prepared statement. Belongs to its database's cache; used through Query.
class Statement {
  public:
    Statement(Database& database, std::string_view sql);
    ~Statement();
    Statement(const Statement&) = delete;
    Statement& operator=(const Statement&) = delete;

  private:
    friend class Query;
    Database& database_;
    sqlite3_stmt* handle_ = nullptr;
    bool in_use_ = false;
};

// Whether bound texts are copied, or stay where they are until the query is gone.
enum class Texts { copied, borrowed };

// One run of a statement, from its bound values to its last row; resets the statement at
// the end. Columns count from 0, values from 1.
class Query {
  public:
    Query(Statement& statement, Texts texts);
    template <typename... Values>
    Query(Statement& statement, Texts texts, const Values&... values) : Query(statement, texts) {
        int index = 0;
        (bind(++index, values), ...);
    }
    ~Query();
    Query(const Query&) = delete;
    Query& operator=(const Query&) = delete;

    // Before the first step.
    void bind(int index, std::int64_t value);
    void bind(int index, double value);
    void bind(int index, std::string_view value);
    void bind(int index, const char* value) { bind(index, std::string_view(value)); }
    void bind(int index, Blob value);
    void bind(int index, std::nullopt_t);
    template <typename T>
    void bind(int index, const std::optional<T>& value) {
        if (value)
            bind(index, *value);
        else
            bind(index, std::nullopt);
    }

    // Steps to the next row; false after the last.
    bool next();
    // To the end, for what gives no rows.
    void run() {
        while (next()) {
        }
    }

    bool is_null(int column) const;
    std::int64_t integer(int column) const;
    double real(int column) const;
    // Text and blobs alike.
    std::string text(int column) const;
    std::optional<std::int64_t> optional_integer(int column) const;
    std::optional<double> optional_real(int column) const;
    std::optional<std::string> optional_text(int column) const;

  private:
    void require_ok(int code) const;

    Statement& statement_;
    Texts texts_;
};

}  // namespace parnas::store::sqlite
