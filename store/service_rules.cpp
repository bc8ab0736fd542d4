// SPDX-License-Identifier: Apache-2.0
#include "store/service_rules.h"

#include <algorithm>
#include <cmath>
#include <string>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/json.h"
#include "store/rules.h"

namespace parnas::store {
namespace {

constexpr std::size_t kMaxIdLength = 64;
constexpr std::size_t kMaxScopeLength = 256;
constexpr std::size_t kMaxKeyLength = 128;
constexpr std::size_t kMaxLateBytes = 1U << 20U;
constexpr std::int64_t kLongestName = 128;
constexpr std::int64_t kLongestText = 1024;
constexpr std::size_t kHashDigits = 64;  // of SHA-256

void require_visible(Faults& faults,
                     std::string_view where,
                     std::string_view text,
                     std::size_t longest) {
    const bool visible = std::ranges::all_of(text, [](char c) { return c > ' ' && c <= '~'; });
    if (text.empty() || text.size() > longest || !visible)
        faults.add(std::string(where),
                   fmt::format("must have 1 to {} visible ASCII characters", longest));
}

void require_id(Faults& faults, std::string_view where, std::string_view id) {
    require_visible(faults, where, id, kMaxIdLength);
}

void require_name(Faults& faults, std::string_view where, std::string_view name) {
    const std::int64_t length = characters(name);
    if (length < 1 || length > kLongestName)
        faults.add(std::string(where),
                   fmt::format("must have 1 to {} characters, has {}", kLongestName, length));
}

// Of people and machines, whatever they wrote.
void require_short(Faults& faults, std::string_view where, std::string_view text) {
    if (const std::int64_t length = characters(text); length > kLongestText)
        faults.add(std::string(where),
                   fmt::format("must have {} characters at most, has {}", kLongestText, length));
}

void require_json(Faults& faults, std::string_view where, const std::string& text) {
    if (!Json::accept(text))
        faults.add(std::string(where), "must be JSON");
}

bool is_hash(std::string_view text) {
    return text.size() == kHashDigits && std::ranges::all_of(text, [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
           });
}

}  // namespace

void check_starts(std::span<const AttemptStart> attempts) {
    Faults faults;
    for (const AttemptStart& start : attempts) {
        require_id(faults, "lease", start.lease);
        require_id(faults, "worker", start.worker);
        if (!std::isfinite(start.ttl.count()) || start.ttl.count() <= 0)
            faults.add("ttl", fmt::format("must be positive, is {} s", start.ttl.count()));
    }
    faults.throw_if_any();
}

void check_report(const LateReport& report) {
    Faults faults;
    require_id(faults, "lease", report.lease);
    if (report.body.size() > kMaxLateBytes)
        faults.add(
            "body",
            fmt::format(
                "a report of {} bytes; {} are kept at most", report.body.size(), kMaxLateBytes));
    faults.throw_if_any();
}

void check_answer(const Answer& answer) {
    Faults faults;
    require_visible(faults, "scope", answer.scope, kMaxScopeLength);
    require_visible(faults, "key", answer.key, kMaxKeyLength);
    // What failed at the server is tried again, not answered again.
    if (answer.status < 200 || answer.status > 499)
        faults.add("status", fmt::format("must be 200 to 499, is {}", answer.status));
    faults.throw_if_any();
}

void check_record(const WorkerRecord& worker) {
    Faults faults;
    require_id(faults, "id", worker.id);
    require_name(faults, "name", worker.name);
    require_short(faults, "host", worker.host);
    require_short(faults, "target", worker.target);
    require_short(faults, "version", worker.version);
    require_short(faults, "token", worker.token);
    faults.throw_if_any();
}

void check_record(const TokenRecord& token) {
    Faults faults;
    require_id(faults, "id", token.id);
    require_name(faults, "name", token.name);
    if (!is_hash(token.secret_sha256))
        faults.add("secret_sha256",
                   fmt::format("must have {} lower-case hexadecimal digits", kHashDigits));
    if (token.scopes.empty())
        faults.add("scopes", "a token without any allows nothing");
    for (const std::string& scope : token.scopes)
        require_name(faults, "scopes", scope);
    for (const std::string& project : token.projects)
        require_name(faults, "projects", project);
    faults.throw_if_any();
}

void check_record(const JobRecord& job) {
    Faults faults;
    require_id(faults, "id", job.id);
    require_name(faults, "kind", job.kind);
    require_json(faults, "document", job.document);
    require_short(faults, "token", job.token);
    faults.throw_if_any();
}

void check_record(const AuditRecord& record) {
    Faults faults;
    require_name(faults, "actor", record.actor);
    require_name(faults, "action", record.action);
    require_short(faults, "subject", record.subject);
    require_json(faults, "detail", record.detail);
    faults.throw_if_any();
}

void check_put(const PutOptions& with) {
    if (with.answer)
        check_answer(*with.answer);
    if (with.audit)
        check_record(*with.audit);
}

void check_jobs(const Batch& batch) {
    for (const JobRecord& job : batch.jobs) {
        check(job.study == batch.driver.study, "a batch writes jobs of its own study");
        check_record(job);
    }
}

void check_end(const AttemptEnd& end) {
    if (end.state == AttemptState::open)
        throw Error(
            ErrorKind::internal,
            fmt::format("attempt {} of trial {} was to end as open", end.attempt, end.number));
}

void check_attempt(const AttemptStart& start, std::int64_t present) {
    if (start.attempt != present)
        throw Error(
            ErrorKind::conflict,
            fmt::format("attempt {} of trial {} cannot be given: the trial is at attempt {}",
                        start.attempt,
                        start.number,
                        present));
}

void check_open(const AttemptEnd& end, AttemptState present) {
    if (present != AttemptState::open)
        throw Error(ErrorKind::conflict,
                    fmt::format("attempt {} of trial {} is over already ({})",
                                end.attempt,
                                end.number,
                                to_string(present)));
}

std::int64_t next_revision(std::string_view id,
                           std::int64_t present,
                           std::optional<std::int64_t> expected) {
    if (expected && *expected != present)
        throw Error(ErrorKind::conflict,
                    fmt::format("'{}' has changed meanwhile: it is at revision {}, not {}",
                                id,
                                present,
                                *expected));
    return present + 1;
}

void check_job(const StudySpec& study, const JobChange& change) {
    if (study.job != change.expected)
        throw Error(ErrorKind::conflict, "the study's job has been changed meanwhile", study.name);
}

Error granted_before(const AttemptStart& start) {
    return {ErrorKind::conflict,
            fmt::format("attempt {} of trial {} was given before", start.attempt, start.number)};
}

Error open_already(const AttemptStart& start) {
    return {ErrorKind::conflict,
            fmt::format("trial {} cannot be given: a worker has it", start.number)};
}

Error taken_lease(std::string_view lease) {
    return {ErrorKind::conflict, fmt::format("there is a lease '{}' already", lease)};
}

Error taken_key(const Answer& answer) {
    return {ErrorKind::conflict, fmt::format("the key '{}' has an answer already", answer.key)};
}

Error taken_token_name(std::string_view name) {
    return {ErrorKind::conflict, fmt::format("there is a token '{}' already", name)};
}

Error unknown_record(std::string_view id) {
    return {ErrorKind::not_found, fmt::format("there is no '{}'", id)};
}

Error unknown_lease(std::string_view lease) {
    return {ErrorKind::not_found, fmt::format("there is no lease '{}'", lease)};
}

}  // namespace parnas::store
