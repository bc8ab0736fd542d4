// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/trial.h"

// Who uses a server, and what they asked it for. Ids have 1 to 64 visible ASCII characters;
// those that are made later come later in their order. Names have 1 to 128 characters.
namespace parnas::store {

// A process that evaluates trials.
struct WorkerRecord {
    std::string id;
    std::string name;
    std::string host;
    std::int64_t pid = 0;
    std::string target;   // where it measures; empty: nowhere
    std::string version;  // of its program
    std::string token;    // the id of the token that it came with; empty: none was needed
    bool draining = false;
    TimePoint registered;
    TimePoint last_seen;
    std::int64_t revision = 0;  // given by the store, from 1, one more with each change

    bool operator==(const WorkerRecord&) const = default;
};

// The right to use a server. Names are unique among the tokens that are not revoked.
struct TokenRecord {
    std::string id;
    std::string name;
    std::string secret_sha256;          // 64 lower-case hexadecimal digits
    std::vector<std::string> scopes;    // at least one
    std::vector<std::string> projects;  // empty: all
    std::optional<std::string> study;   // the only one that it is for
    TimePoint created;
    std::optional<TimePoint> expires;
    std::optional<TimePoint> revoked;
    std::int64_t revision = 0;

    bool operator==(const TokenRecord&) const = default;
};

enum class JobState { queued, running, paused, completed, failed, cancelled };
std::string_view to_string(JobState state);

// A request to search.
struct JobRecord {
    std::string id;
    StudyId study{};
    std::string kind;  // "search"
    JobState state = JobState::queued;
    std::string document;  // JSON: what was asked for
    std::string token;     // as a worker's
    std::string reason;    // why it ended, or waits
    TimePoint submitted;
    std::optional<TimePoint> started;
    std::optional<TimePoint> ended;
    std::int64_t revision = 0;

    bool operator==(const JobRecord&) const = default;
};

// Who did what to what; appended, never changed.
struct AuditRecord {
    std::int64_t seq = 0;  // given by the store, ascending
    TimePoint time;
    std::string actor;    // a token's id, or "local"
    std::string action;   // "token.created"
    std::string subject;  // an id or a name
    std::string detail;   // JSON

    bool operator==(const AuditRecord&) const = default;
};

}  // namespace parnas::store
