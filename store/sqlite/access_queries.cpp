// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/access_queries.h"

#include "store/service_rules.h"
#include "store/sqlite/codec.h"

namespace parnas::store::sqlite {
namespace {

#define PARNAS_TOKENS                                                                     \
    "SELECT id, name, secret_sha256, scopes, projects, study, created, expires, revoked," \
    " revision FROM parnas_tokens "

TokenRecord token_from(const Query& row) {
    return {.id = row.text(0),
            .name = row.text(1),
            .secret_sha256 = row.text(2),
            .scopes = decode_names(row.text(3)),
            .projects = decode_names(row.text(4)),
            .study = row.optional_text(5),
            .created = time_from_string(row.text(6)),
            .expires = decode_time(row.optional_text(7)),
            .revoked = decode_time(row.optional_text(8)),
            .revision = row.integer(9)};
}

std::int64_t token_revision(Database& database, std::string_view id) {
    Query query = database.query("SELECT revision FROM parnas_tokens WHERE id = ?", id);
    return query.next() ? query.integer(0) : 0;
}

void check_name_is_free(Database& database, const TokenRecord& token) {
    if (token.revoked)
        return;
    Query query =
        database.query("SELECT 1 FROM parnas_tokens WHERE name = ? AND revoked IS NULL AND id <> ?",
                       token.name,
                       token.id);
    if (query.next())
        throw taken_token_name(token.name);
}

}  // namespace

std::int64_t put(Database& database,
                 const TokenRecord& token,
                 std::optional<std::int64_t> expected) {
    const std::int64_t revision =
        next_revision(token.id, token_revision(database, token.id), expected);
    check_name_is_free(database, token);
    database.execute(
        "INSERT OR REPLACE INTO parnas_tokens (id, name, secret_sha256, scopes, projects, study,"
        " created, expires, revoked, revision) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        token.id,
        token.name,
        token.secret_sha256,
        encode_names(token.scopes),
        encode_names(token.projects),
        token.study,
        to_string(token.created),
        encode_time(token.expires),
        encode_time(token.revoked),
        revision);
    return revision;
}

TokenRecord read_token(Database& database, std::string_view id) {
    Query query = database.query(PARNAS_TOKENS "WHERE id = ?", id);
    if (!query.next())
        throw unknown_record(id);
    return token_from(query);
}

std::vector<TokenRecord> read_tokens(Database& database,
                                     std::string_view after,
                                     std::int64_t limit) {
    std::vector<TokenRecord> tokens;
    Query query = database.query(PARNAS_TOKENS "WHERE id > ? ORDER BY id LIMIT ?", after, limit);
    while (query.next())
        tokens.push_back(token_from(query));
    return tokens;
}

#undef PARNAS_TOKENS

std::int64_t append_audit(Database& database, const AuditRecord& record) {
    database.execute(
        "INSERT INTO parnas_audit (time, actor, action, subject, detail) VALUES (?, ?, ?, ?, ?)",
        to_string(record.time),
        record.actor,
        record.action,
        record.subject,
        record.detail);
    return database.last_row();
}

std::vector<AuditRecord> read_audit(Database& database, std::int64_t after, std::int64_t limit) {
    std::vector<AuditRecord> records;
    Query query = database.query(
        "SELECT seq, time, actor, action, subject, detail FROM parnas_audit WHERE seq > ?"
        " ORDER BY seq LIMIT ?",
        after,
        limit);
    while (query.next())
        records.push_back({.seq = query.integer(0),
                           .time = time_from_string(query.text(1)),
                           .actor = query.text(2),
                           .action = query.text(3),
                           .subject = query.text(4),
                           .detail = query.text(5)});
    return records;
}

}  // namespace parnas::store::sqlite
