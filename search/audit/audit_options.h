// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/object_reader.h"

namespace parnas::search {

// What a study is compared with at equal cost.
enum class Baselines {
    none,
    random,  // random search
    all,     // and local search
};

std::string_view to_string(Baselines baselines);
// Throws Error(damaged) for other words.
Baselines baselines_from(std::string_view word);

// How far a weight-sharing study is checked when it is over.
struct AuditOptions {
    std::int64_t networks = 12;  // trained alone, to compare rankings; at least 2
    Baselines baselines = Baselines::all;
    bool ceiling = false;  // each network is trained twice

    bool operator==(const AuditOptions&) const = default;
};

// The key `audit`: an object of these, or `none`; and back.
std::optional<AuditOptions> read_audit_options(ObjectReader& job);
Json audit_options_json(const std::optional<AuditOptions>& options);

}  // namespace parnas::search
