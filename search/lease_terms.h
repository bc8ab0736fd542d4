// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>

#include "core/object_reader.h"
#include "core/trial.h"

namespace parnas::search {

// What a study says of the leases of its remote workers.
struct LeaseTerms {
    std::optional<Seconds> ttl;                // none: the server's
    std::optional<Seconds> progress_deadline;  // without a report; none: as long as it takes
    // Attempts that end as lost, after which the trial fails; none: as the server says.
    std::optional<std::size_t> max_attempts;
};

// The keys `lease` and `retry`, and back.
LeaseTerms read_lease_terms(ObjectReader& job);
void add_lease_terms(const LeaseTerms& terms, Json& job);

}  // namespace parnas::search
