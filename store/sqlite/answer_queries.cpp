// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/answer_queries.h"

#include "store/service_rules.h"

namespace parnas::store::sqlite {

void write_answer(Database& database, const Answer& answer) {
    write_answer_once(database, answer);
    if (database.changes() == 0)
        throw taken_key(answer);
}

void write_answer_once(Database& database, const Answer& answer) {
    database.execute(
        "INSERT INTO parnas_answers (scope, key, request, status, body, time)"
        " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        answer.scope,
        answer.key,
        to_string(answer.request),
        std::int64_t{answer.status},
        answer.body,
        to_string(answer.time));
}

std::optional<Answer> read_answer(Database& database,
                                  std::string_view scope,
                                  std::string_view key) {
    Query query = database.query(
        "SELECT request, status, body, time FROM parnas_answers WHERE scope = ? AND key = ?",
        scope,
        key);
    if (!query.next())
        return std::nullopt;
    return Answer{.scope = std::string(scope),
                  .key = std::string(key),
                  .request = digest_from_string(query.text(0)),
                  .status = static_cast<int>(query.integer(1)),
                  .body = query.text(2),
                  .time = time_from_string(query.text(3))};
}

std::int64_t delete_answers(Database& database, TimePoint before, std::int64_t limit) {
    database.execute(
        "DELETE FROM parnas_answers WHERE answer_id IN"
        " (SELECT answer_id FROM parnas_answers WHERE time < ? ORDER BY time LIMIT ?)",
        to_string(before),
        limit);
    return database.changes();
}

}  // namespace parnas::store::sqlite
