// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/trial_rows.h"

#include <algorithm>
#include <string>

#include <fmt/format.h>

#include "core/error.h"
#include "store/sqlite/codec.h"

namespace parnas::store::sqlite {
namespace {

constexpr std::size_t kMostRows = 16;

// For 1 to kMostRows parameters: a statement costs more than a row of it. If it fails, the batch
// is rolled back, and so it need not be by itself.
std::string insert_params(std::size_t rows) {
    std::string sql =
        "INSERT OR FAIL INTO trial_params (trial_id, param_name, param_value, distribution_json)"
        " VALUES (?1, ?2, ?3, ?4)";
    for (std::size_t row = 1; row < rows; ++row)
        sql += fmt::format(", (?1, ?{}, ?{}, ?{})", 3 * row + 2, 3 * row + 3, 3 * row + 4);
    return sql;
}

}  // namespace

TrialNumber next_number(Database& database, StudyId study) {
    Query query = database.query(
        "SELECT ifnull(max(number), -1) + 1 FROM trials WHERE study_id = ?", raw(study));
    query.next();
    return query.integer(0);
}

std::int64_t next_trial_id(Database& database) {
    Query query = database.query(
        "SELECT max(next_trial_id, (SELECT ifnull(max(trial_id), 0) + 1 FROM trials))"
        " FROM parnas_meta");
    check(query.next(), "parnas_meta has a row");
    return query.integer(0);
}

void write_study_attribute(Database& database,
                           StudyId study,
                           AttributeKind kind,
                           std::string_view key,
                           std::string_view value) {
    database.execute(
        kind == AttributeKind::user
            ? "INSERT INTO study_user_attributes (study_id, key, value_json) VALUES (?, ?, ?)"
              " ON CONFLICT (study_id, key) DO UPDATE SET value_json = excluded.value_json"
            : "INSERT INTO study_system_attributes (study_id, key, value_json) VALUES (?, ?, ?)"
              " ON CONFLICT (study_id, key) DO UPDATE SET value_json = excluded.value_json",
        raw(study),
        key,
        value);
}

void write_trial_attribute(Database& database,
                           std::int64_t trial,
                           AttributeKind kind,
                           std::string_view key,
                           std::string_view value) {
    database.execute(
        kind == AttributeKind::user
            ? "INSERT INTO trial_user_attributes (trial_id, key, value_json) VALUES (?, ?, ?)"
              " ON CONFLICT (trial_id, key) DO UPDATE SET value_json = excluded.value_json"
            : "INSERT INTO trial_system_attributes (trial_id, key, value_json) VALUES (?, ?, ?)"
              " ON CONFLICT (trial_id, key) DO UPDATE SET value_json = excluded.value_json",
        trial,
        key,
        value);
}

void write_trial_attributes(Database& database,
                            std::int64_t trial,
                            const Attributes& user,
                            const Attributes& system) {
    for (const auto& [key, value] : user)
        write_trial_attribute(database, trial, AttributeKind::user, key, value);
    for (const auto& [key, value] : system)
        write_trial_attribute(database, trial, AttributeKind::system, key, value);
}

void write_params(Database& database, std::int64_t trial, std::span<const ParamRecord> params) {
    static const std::vector<std::string> statements = [] {
        std::vector<std::string> texts(kMostRows + 1);
        for (std::size_t rows = 1; rows <= kMostRows; ++rows)
            texts[rows] = insert_params(rows);
        return texts;
    }();
    while (!params.empty()) {
        const auto rows = params.first(std::min(params.size(), kMostRows));
        params = params.subspan(rows.size());
        Query query = database.prepared(statements[rows.size()]);
        int index = 0;
        query.bind(++index, trial);
        for (const ParamRecord& param : rows) {
            query.bind(++index, param.name);
            query.bind(++index, param.internal);
            query.bind(++index, param.distribution);
        }
        query.run();
    }
}

void write_param(Database& database, std::int64_t trial, const ParamRecord& param) {
    database.execute(
        "INSERT INTO trial_params (trial_id, param_name, param_value, distribution_json)"
        " VALUES (?, ?, ?, ?) ON CONFLICT (trial_id, param_name) DO UPDATE SET"
        " param_value = excluded.param_value, distribution_json = excluded.distribution_json",
        trial,
        param.name,
        param.internal,
        param.distribution);
}

void write_report(Database& database, std::int64_t trial, std::int64_t step, double value) {
    const StoredValue stored = encode_value(value);
    database.execute(
        "INSERT INTO trial_intermediate_values"
        " (trial_id, step, intermediate_value, intermediate_value_type) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (trial_id, step) DO UPDATE SET intermediate_value ="
        " excluded.intermediate_value, intermediate_value_type = excluded.intermediate_value_type",
        trial,
        step,
        stored.value,
        stored.type);
}

void write_values(Database& database, std::int64_t trial, const std::vector<double>& values) {
    std::int64_t objective = 0;
    for (const double value : values) {
        const StoredValue stored = encode_value(value);
        database.execute(
            "INSERT INTO trial_values (trial_id, objective, value, value_type) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (trial_id, objective) DO UPDATE SET value = excluded.value,"
            " value_type = excluded.value_type",
            trial,
            objective++,
            stored.value,
            stored.type);
    }
}

}  // namespace parnas::store::sqlite
