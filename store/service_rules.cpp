// SPDX-License-Identifier: Apache-2.0
#include "store/service_rules.h"

#include <algorithm>
#include <cmath>
#include <string>

#include <fmt/format.h>

namespace parnas::store {
namespace {

constexpr std::size_t kMaxIdLength = 64;
constexpr std::size_t kMaxScopeLength = 256;
constexpr std::size_t kMaxKeyLength = 128;
constexpr std::size_t kMaxLateBytes = 1U << 20U;

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

Error unknown_lease(std::string_view lease) {
    return {ErrorKind::not_found, fmt::format("there is no lease '{}'", lease)};
}

}  // namespace parnas::store
