// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "core/object_reader.h"

namespace parnas::search {

// How far a weight-sharing study is checked when it is over.
struct AuditOptions {
    std::int64_t networks = 12;  // trained alone, to compare rankings; at least 2
    bool baselines = true;       // random and local search at the study's cost
    bool ceiling = false;        // each network is trained twice

    bool operator==(const AuditOptions&) const = default;
};

// The key `audit`: an object of these, or `none`; and back.
std::optional<AuditOptions> read_audit_options(ObjectReader& job);
Json audit_options_json(const std::optional<AuditOptions>& options);

}  // namespace parnas::search
