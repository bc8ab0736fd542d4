// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "core/object_reader.h"
#include "core/trial.h"

namespace parnas::search {

// What ends a search, whatever comes first. Finalists come on top.
struct Budget {
    std::optional<std::int64_t> trials;
    std::optional<Seconds> wall_time;  // over all sessions of the study
    std::optional<Seconds> cost;       // of the evaluations; may be simulated

    bool operator==(const Budget&) const = default;
};

// The key `budget`, and back.
Budget read_budget(ObjectReader& job);
Json budget_json(const Budget& budget);

}  // namespace parnas::search
