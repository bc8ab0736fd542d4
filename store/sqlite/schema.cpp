// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/schema.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>

#include "core/error.h"
#include "core/mutation.h"
#include "store/sqlite/log_room.h"
#include "store/sqlite/schema_sql.h"

namespace parnas::store::sqlite {
namespace {

constexpr std::string_view kOptunaRevision = "v3.2.0.a";
// Of Optuna 3.0 and 3.1. The next one, which is today's, brought an index and nothing else; files
// that Optuna upgrades have it under this name.
constexpr std::string_view kLastWithoutIndex = "v3.0.0.d";
constexpr const char* kAddIndex =
    "CREATE INDEX IF NOT EXISTS trials_study_id_key ON trials (study_id);"
    "UPDATE alembic_version SET version_num = 'v3.2.0.a'";

enum class Content { nothing, optuna, parnas };

// What brings a file from the version before to `to`, in this order. A step that was released
// never changes.
struct Migration {
    std::int64_t to;
    std::vector<const char*> scripts;
};

std::vector<Migration> migrations() {
    return {{.to = 1, .scripts = {kParnasTables, kParnasRules}},
            {.to = 2, .scripts = {kPhasesTables, kPhasesRules}},
            {.to = 3, .scripts = {kServiceTables, kServiceRules}}};
}

struct Revision {
    std::string_view name;
    std::string_view made_by;
};
constexpr std::array<Revision, 9> kOldRevisions{{
    {"v0.9.0.a", "Optuna 0.9 to 1.1"},
    {"v1.2.0.a", "Optuna 1.2"},
    {"v1.3.0.a", "Optuna 1.3 to 2.3"},
    {"v2.4.0.a", "Optuna 2.4 or 2.5"},
    {"v2.6.0.a", "Optuna 2.6 to 2.10"},
    {"v3.0.0.a", "a preview of Optuna 3.0"},
    {"v3.0.0.b", "a preview of Optuna 3.0"},
    {"v3.0.0.c", "a preview of Optuna 3.0"},
    {"v3.0.0.d", "Optuna 3.0 or 3.1"},
}};

bool has_table(Database& database, std::string_view name) {
    Query query = database.query(
        "SELECT count(*) FROM main.sqlite_master WHERE type = 'table' AND name = ?", name);
    return query.next() && query.integer(0) > 0;
}

bool is_blank(Database& database) {
    Query query = database.query("SELECT count(*) FROM main.sqlite_master");
    return query.next() && query.integer(0) == 0;
}

std::string revision_of(Database& database) {
    Query query = database.query("SELECT version_num FROM alembic_version");
    return query.next() ? query.text(0) : std::string();
}

void check_revision(Database& database) {
    const std::string revision = revision_of(database);
    if (revision == kOptunaRevision)
        return;
    const auto* const old = std::ranges::find(kOldRevisions, revision, &Revision::name);
    const std::string message =
        old == kOldRevisions.end()
            ? fmt::format(
                  "the file has Optuna's schema '{}', which this parnas does not know; it "
                  "knows {} (Optuna 3.2 to 5.0)",
                  revision,
                  kOptunaRevision)
            : fmt::format(
                  "the file was made by {} (schema {}); bring it to {} with Optuna 3.2 or "
                  "newer: `optuna storage upgrade --storage sqlite:///{}`{}",
                  old->made_by,
                  revision,
                  kOptunaRevision,
                  database.path().string(),
                  revision == kLastWithoutIndex
                      ? fmt::format(", or with `parnas db adopt {}`", database.path().string())
                      : "");
    throw Error(ErrorKind::conflict, message, database.path().string());
}

std::int64_t parnas_version(Database& database) {
    Query query = database.query("SELECT schema_version FROM main.parnas_meta");
    if (!query.next())
        throw Error(ErrorKind::damaged, "parnas_meta has no row", database.path().string());
    if (query.integer(0) > kSchemaVersion)
        throw Error(
            ErrorKind::conflict,
            fmt::format("the file was written by a newer parnas (its tables have version {}, "
                        "this program knows {}): use that one",
                        query.integer(0),
                        kSchemaVersion),
            database.path().string());
    return query.integer(0);
}

void require_current(Database& database) {
    if (const std::int64_t version = parnas_version(database); version < kSchemaVersion)
        throw Error(ErrorKind::conflict,
                    fmt::format("its tables have version {}, this program needs {}: `parnas db "
                                "migrate --store {}` makes a backup and brings them there",
                                version,
                                kSchemaVersion,
                                database.path().string()),
                    database.path().string());
}

Content examine(Database& database) {
    if (is_blank(database))
        return Content::nothing;
    if (!has_table(database, "studies") || !has_table(database, "trials"))
        throw Error(ErrorKind::damaged,
                    "an SQLite file of another program, not a store",
                    database.path().string());
    if (!has_table(database, "alembic_version"))
        throw Error(ErrorKind::conflict,
                    "the file has Optuna's tables without a version: open it once with Optuna 3.2 "
                    "or newer",
                    database.path().string());
    check_revision(database);
    return has_table(database, "parnas_meta") ? Content::parnas : Content::optuna;
}

// What can be worked with as it is.
Content examine_current(Database& database) {
    const Content content = examine(database);
    if (content == Content::parnas)
        require_current(database);
    return content;
}

void replace_all(std::string& text, std::string_view from, std::string_view to) {
    for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
        text.replace(at, from.size(), to);
}

// The switch needs the file for itself, and SQLite does not wait for that by itself.
void switch_to_wal(Database& database) {
    const auto deadline = std::chrono::steady_clock::now() + database.busy_timeout();
    for (;;) {
        try {
            database.script("PRAGMA journal_mode = WAL");
            return;
        } catch (const Error& error) {
            const bool over = std::chrono::steady_clock::now() >= deadline;
            if (error.kind() != ErrorKind::unavailable || over)
                throw;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
}

// From the version that the file has, in the transaction that is open.
void run_migrations(Database& database) {
    const std::int64_t version = schema_version(database);
    for (const Migration& migration : migrations()) {
        if (migration.to <= version)
            continue;
        for (const char* script : migration.scripts)
            database.script(script);
        database.execute("UPDATE parnas_meta SET schema_version = ?", migration.to);
    }
}

}  // namespace

std::int64_t schema_version(Database& database) {
    return examine(database) == Content::parnas ? parnas_version(database) : 0;
}

void upgrade(Database& database) {
    std::optional<Transaction> transaction;
    if (!mutated("migrate_in_steps"))
        transaction.emplace(database, Begin::immediate);
    // Looked at only now: another process may have been faster.
    if (examine(database) == Content::nothing)
        database.script(kOptunaSchema);
    run_migrations(database);
    if (transaction)
        transaction->commit();
}

bool needs_adoption(Database& database) {
    const bool has_tables = has_table(database, "trials") && has_table(database, "alembic_version");
    if (has_tables && revision_of(database) == kLastWithoutIndex)
        return true;
    const Content content = examine(database);
    if (content == Content::nothing)
        throw Error(ErrorKind::invalid_input,
                    "the file is empty: there is nothing to adopt",
                    database.path().string());
    return content == Content::optuna || parnas_version(database) < kSchemaVersion;
}

std::string adopt(Database& database) {
    Transaction transaction(database, Begin::immediate);
    std::string revision;
    if (needs_adoption(database)) {
        revision = revision_of(database);
        if (revision == kLastWithoutIndex)
            database.script(kAddIndex);
        run_migrations(database);
    }
    transaction.commit();
    return revision;
}

void prepare_writer(Database& database) {
    // Only WAL lets readers go on while a batch is written. The checkpoints run on this
    // connection too: two that commit or checkpoint at once may damage the file with any
    // SQLite before 3.51.3.
    const Content content = examine_current(database);
    switch_to_wal(database);
    database.script(
        "PRAGMA synchronous = FULL; PRAGMA foreign_keys = OFF; PRAGMA cache_size = -32000;"
        "PRAGMA wal_autocheckpoint = " +
        std::to_string(kLogPages));
    if (content != Content::parnas)
        upgrade(database);
}

void write_nothing_new(Database& database) {
    // SQLite writes no page whose bytes a statement leaves as they are.
    database.execute("UPDATE parnas_meta SET next_trial_id = next_trial_id + 1");
    database.execute("UPDATE parnas_meta SET next_trial_id = next_trial_id - 1");
}

void prepare_reader(Database& database) {
    database.script("PRAGMA cache_size = -32000");
    const Content content = examine_current(database);
    if (content == Content::parnas)
        return;
    if (content == Content::nothing)
        throw Error(ErrorKind::damaged, "the file is empty, not a store", database.path().string());
    std::string tables = std::string(kParnasTables) + kPhasesTables + kServiceTables;
    replace_all(tables, "\nCREATE TABLE ", "\nCREATE TEMP TABLE ");
    database.script(tables);
}

}  // namespace parnas::store::sqlite
