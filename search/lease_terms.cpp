// SPDX-License-Identifier: Apache-2.0
#include "search/lease_terms.h"

#include <string>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/duration.h"

namespace parnas::search {
namespace {

constexpr Seconds kShortestLease{0.1};
constexpr Seconds kLongestLease{86'400.0};
constexpr std::int64_t kMostAttempts = 1000;

std::optional<Seconds> read_lease_time(ObjectReader& reader, std::string_view key) {
    const std::optional<Seconds> time = read_seconds(reader, key);
    if (time && (*time < kShortestLease || *time > kLongestLease)) {
        reader.fault(key,
                     fmt::format("expected {} s to {} h, got {} s",
                                 kShortestLease.count(),
                                 kLongestLease.count() / 3600.0,
                                 time->count()));
        return std::nullopt;
    }
    return time;
}

}  // namespace

LeaseTerms read_lease_terms(ObjectReader& job) {
    LeaseTerms terms;
    if (const Json* json = job.find("lease")) {
        ObjectReader reader(*json, job.pointer("lease"), job.faults());
        terms.ttl = read_lease_time(reader, "ttl");
        terms.progress_deadline = read_lease_time(reader, "progress_deadline");
        reader.finish();
    }
    if (const Json* json = job.find("retry")) {
        ObjectReader reader(*json, job.pointer("retry"), job.faults());
        if (const auto most =
                reader.optional_integer("max_attempts", {.low = 1, .high = kMostAttempts}))
            terms.max_attempts = static_cast<std::size_t>(*most);
        reader.finish();
    }
    return terms;
}

void add_lease_terms(const LeaseTerms& terms, Json& job) {
    if (terms.ttl)
        job["lease"]["ttl"] = terms.ttl->count();
    if (terms.progress_deadline)
        job["lease"]["progress_deadline"] = terms.progress_deadline->count();
    if (terms.max_attempts)
        job["retry"]["max_attempts"] = *terms.max_attempts;
}

}  // namespace parnas::search
