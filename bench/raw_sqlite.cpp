// SPDX-License-Identifier: Apache-2.0
#include "bench/raw_sqlite.h"

#include <memory>
#include <string>

#include <fmt/format.h>
#include <sqlite3.h>

#include "core/error.h"

namespace parnas::bench {
namespace {

struct Close {
    void operator()(sqlite3* database) const { sqlite3_close(database); }
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Connection = std::unique_ptr<sqlite3, Close>;
using Statement = std::unique_ptr<sqlite3_stmt, Close>;

void require(bool done, sqlite3* database) {
    if (!done)
        throw Error(ErrorKind::unavailable, fmt::format("SQLite: {}", sqlite3_errmsg(database)));
}

Connection open(const std::filesystem::path& path) {
    sqlite3* database = nullptr;
    const int result = sqlite3_open(path.c_str(), &database);
    Connection connection(database);
    require(result == SQLITE_OK, database);
    return connection;
}

void execute(sqlite3* database, const char* sql) {
    require(sqlite3_exec(database, sql, nullptr, nullptr, nullptr) == SQLITE_OK, database);
}

Statement prepare(sqlite3* database, const char* sql) {
    sqlite3_stmt* statement = nullptr;
    require(sqlite3_prepare_v2(database, sql, -1, &statement, nullptr) == SQLITE_OK, database);
    return Statement(statement);
}

void run(sqlite3* database, const Statement& statement) {
    require(sqlite3_step(statement.get()) == SQLITE_DONE, database);
    sqlite3_reset(statement.get());
}

}  // namespace

void insert_trials(const std::filesystem::path& store,
                   std::int64_t trials,
                   std::int64_t per_transaction,
                   int parameters) {
    const Connection connection = open(store);
    sqlite3* database = connection.get();
    execute(database, "PRAGMA journal_mode = WAL");
    execute(database, "PRAGMA synchronous = FULL");
    const Statement trial =
        prepare(database,
                "INSERT INTO trials (trial_id, number, study_id, state, datetime_start, "
                "datetime_complete) VALUES (?1, ?1 - 1, 1, 'COMPLETE', "
                "'2026-11-21 00:10:43.206181', '2026-11-21 00:10:43.206195')");
    const Statement param =
        prepare(database,
                "INSERT INTO trial_params (trial_id, param_name, param_value, distribution_json) "
                "VALUES (?1, 'x' || ?2, ?2 / 10.0, '{\"name\": \"FloatDistribution\", "
                "\"attributes\": {\"step\": null, \"low\": 0.0, \"high\": 1.0, \"log\": false}}')");
    const Statement value =
        prepare(database,
                "INSERT INTO trial_values (trial_id, objective, value, value_type) "
                "VALUES (?1, 0, 0.5, 'FINITE')");
    for (std::int64_t id = 1; id <= trials; ++id) {
        if (id % per_transaction == 1 || per_transaction == 1)
            execute(database, "BEGIN IMMEDIATE");
        sqlite3_bind_int64(trial.get(), 1, id);
        run(database, trial);
        for (int i = 0; i < parameters; ++i) {
            sqlite3_bind_int64(param.get(), 1, id);
            sqlite3_bind_int(param.get(), 2, i);
            run(database, param);
        }
        sqlite3_bind_int64(value.get(), 1, id);
        run(database, value);
        if (id % per_transaction == 0 || id == trials)
            execute(database, "COMMIT");
    }
}

}  // namespace parnas::bench
