// SPDX-License-Identifier: Apache-2.0
#include <system_error>

#include <fmt/format.h>

#include "store/sqlite/codec.h"
#include "store/sqlite/readers.h"
#include "store/sqlite_file.h"
#include "store/sqlite_store.h"

namespace parnas::store {
namespace {

using sqlite::Database;
using sqlite::Query;

std::int64_t number(Database& database, std::string_view sql) {
    Query query = database.query(sql);
    query.next();
    return query.integer(0);
}

std::uintmax_t size_of(const std::string& file) {
    std::error_code error;
    const std::uintmax_t size = std::filesystem::file_size(file, error);
    return error ? 0 : size;
}

std::int64_t count_rows(Database& database, const std::string& table) {
    const std::string sql = fmt::format(R"(SELECT count(*) FROM main."{}")", table);
    sqlite::Statement statement(database, sql);
    Query query(statement, sqlite::Texts::copied);
    query.next();
    return query.integer(0);
}

// Of each table with its indexes; empty if SQLite cannot tell.
std::map<std::string, std::int64_t> table_bytes(Database& database) {
    std::map<std::string, std::int64_t> bytes;
    if (number(database, "SELECT count(*) FROM pragma_module_list WHERE name = 'dbstat'") == 0)
        return bytes;
    Query query = database.query(
        "SELECT m.tbl_name, sum(d.pgsize) FROM dbstat d JOIN main.sqlite_master m"
        " ON m.name = d.name WHERE d.aggregate = TRUE GROUP BY m.tbl_name");
    while (query.next())
        bytes[query.text(0)] = query.integer(1);
    return bytes;
}

std::vector<TableStatistics> read_tables(Database& database) {
    const auto bytes = table_bytes(database);
    std::vector<TableStatistics> tables;
    Query query = database.query(
        "SELECT name FROM main.sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        " ORDER BY name");
    while (query.next()) {
        const std::string name = query.text(0);
        const auto found = bytes.find(name);
        tables.push_back(
            {.name = name,
             .rows = count_rows(database, name),
             .bytes = found == bytes.end() ? std::nullopt : std::optional(found->second)});
    }
    return tables;
}

std::vector<StudyStatistics> read_study_statistics(Database& database) {
    std::vector<StudyStatistics> studies;
    Query query = database.query(
        "SELECT s.study_id, s.study_name, t.state, count(t.trial_id),"
        " sum(p.reused_from IS NOT NULL OR EXISTS (SELECT 1 FROM trial_user_attributes a"
        "  WHERE a.trial_id = t.trial_id AND a.key = 'reused_from')),"
        " (SELECT count(*) FROM parnas_phases f WHERE f.study_id = s.study_id)"
        " FROM studies s LEFT JOIN trials t ON t.study_id = s.study_id"
        " LEFT JOIN parnas_trials p ON p.trial_id = t.trial_id"
        " GROUP BY s.study_id, t.state ORDER BY s.study_id");
    std::int64_t last = 0;
    while (query.next()) {
        if (studies.empty() || query.integer(0) != last)
            studies.push_back({.name = query.text(1), .phases = query.integer(5)});
        last = query.integer(0);
        if (query.is_null(2))
            continue;
        studies.back().trials[sqlite::trial_state_from_optuna(query.text(2))] = query.integer(3);
        studies.back().reused += query.integer(4);
    }
    return studies;
}

}  // namespace

FileStatistics statistics(const std::filesystem::path& store) {
    sqlite::require_file(store);
    const sqlite::Readers readers(store, sqlite::Beside::unknown, kBusyTimeout);
    return readers([&](Database& database) {
        return FileStatistics{
            .bytes = size_of(store.string()),
            .wal_bytes = size_of(store.string() + "-wal"),
            .page_bytes = number(database, "PRAGMA main.page_size"),
            .pages = number(database, "PRAGMA main.page_count"),
            .free_pages = number(database, "PRAGMA main.freelist_count"),
            .artifacts = number(database, "SELECT count(*) FROM parnas_artifacts"),
            .artifact_bytes = number(database, "SELECT ifnull(sum(size), 0) FROM parnas_artifacts"),
            .tables = read_tables(database),
            .studies = read_study_statistics(database)};
    });
}

}  // namespace parnas::store
