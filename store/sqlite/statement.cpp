// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/statement.h"

#include <cerrno>

#include <sqlite3.h>

#include "core/error.h"
#include "store/sqlite/database.h"

namespace parnas::store::sqlite {
namespace {

sqlite3_destructor_type lifetime(Texts texts) {
    return texts == Texts::borrowed ? SQLITE_STATIC : SQLITE_TRANSIENT;
}

}  // namespace

Statement::Statement(Database& database, std::string_view sql) : database_(database) {
    const int code = sqlite3_prepare_v3(database.handle(),
                                        sql.data(),
                                        static_cast<int>(sql.size()),
                                        SQLITE_PREPARE_PERSISTENT,
                                        &handle_,
                                        nullptr);
    if (code != SQLITE_OK)
        database.fail(code);
}

Statement::~Statement() {
    sqlite3_finalize(handle_);
}

Query::Query(Statement& statement, Texts texts) : statement_(statement), texts_(texts) {
    check(!statement.in_use_, "a statement runs once at a time");
    statement.in_use_ = true;
}

Query::~Query() {
    sqlite3_reset(statement_.handle_);
    sqlite3_clear_bindings(statement_.handle_);
    statement_.in_use_ = false;
}

bool Query::next() {
    errno = 0;
    const int code = sqlite3_step(statement_.handle_);
    if (code == SQLITE_ROW)
        return true;
    if (code != SQLITE_DONE)
        statement_.database_.fail(code);
    return false;
}

bool Query::is_null(int column) const {
    return sqlite3_column_type(statement_.handle_, column) == SQLITE_NULL;
}

std::int64_t Query::integer(int column) const {
    return sqlite3_column_int64(statement_.handle_, column);
}

double Query::real(int column) const {
    return sqlite3_column_double(statement_.handle_, column);
}

std::string Query::text(int column) const {
    const void* data = sqlite3_column_blob(statement_.handle_, column);
    if (data == nullptr)
        return {};
    const int size = sqlite3_column_bytes(statement_.handle_, column);
    return {static_cast<const char*>(data), static_cast<std::size_t>(size)};
}

std::optional<std::int64_t> Query::optional_integer(int column) const {
    return is_null(column) ? std::nullopt : std::optional(integer(column));
}

std::optional<double> Query::optional_real(int column) const {
    return is_null(column) ? std::nullopt : std::optional(real(column));
}

std::optional<std::string> Query::optional_text(int column) const {
    return is_null(column) ? std::nullopt : std::optional(text(column));
}

void Query::bind(int index, std::int64_t value) {
    require_ok(sqlite3_bind_int64(statement_.handle_, index, value));
}

void Query::bind(int index, double value) {
    require_ok(sqlite3_bind_double(statement_.handle_, index, value));
}

void Query::bind(int index, std::string_view value) {
    // An empty view may hold a null pointer, which SQLite would take for NULL.
    const char* data = value.empty() ? "" : value.data();
    require_ok(sqlite3_bind_text64(
        statement_.handle_, index, data, value.size(), lifetime(texts_), SQLITE_UTF8));
}

void Query::bind(int index, Blob value) {
    const char* data = value.bytes.empty() ? "" : value.bytes.data();
    require_ok(
        sqlite3_bind_blob64(statement_.handle_, index, data, value.bytes.size(), lifetime(texts_)));
}

void Query::bind(int index, std::nullopt_t) {
    require_ok(sqlite3_bind_null(statement_.handle_, index));
}

void Query::require_ok(int code) const {
    if (code == SQLITE_OK)
        return;
    statement_.database_.fail(code);
}

}  // namespace parnas::store::sqlite
