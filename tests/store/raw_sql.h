// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <stdexcept>
#include <string>

#include <sqlite3.h>

namespace parnas::store::samples {

// Another program's connection to the same file.
class RawSql {
  public:
    explicit RawSql(const std::filesystem::path& path) {
        if (sqlite3_open(path.c_str(), &handle_) != SQLITE_OK)
            throw std::runtime_error("no file");
    }
    ~RawSql() { sqlite3_close(handle_); }
    RawSql(const RawSql&) = delete;
    RawSql& operator=(const RawSql&) = delete;

    // Rows as lines, columns separated by '|'; NULL is empty.
    std::string run(const std::string& sql) const {
        std::string rows;
        const auto add = [](void* text, int columns, char** values, char**) {
            auto& lines = *static_cast<std::string*>(text);
            for (int i = 0; i < columns; ++i) {
                if (i > 0)
                    lines += '|';
                if (values[i] != nullptr)
                    lines += values[i];
            }
            lines += '\n';
            return 0;
        };
        if (sqlite3_exec(handle_, sql.c_str(), add, &rows, nullptr) != SQLITE_OK)
            throw std::runtime_error(sql + ": " + sqlite3_errmsg(handle_));
        return rows;
    }
    std::int64_t integer(const std::string& sql) const { return std::stoll(run(sql)); }

  private:
    sqlite3* handle_ = nullptr;
};

// Leaves what Optuna would have made.
inline void drop_parnas_parts(const std::filesystem::path& path) {
    const RawSql sql(path);
    sql.run(
        sql.run("SELECT 'DROP ' || type || ' ' || name || ';' FROM sqlite_master"
                " WHERE name LIKE 'parnas_%' OR name LIKE 'ix_parnas_%' ORDER BY type"));
}

}  // namespace parnas::store::samples
