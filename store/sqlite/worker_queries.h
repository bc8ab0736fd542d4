// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "store/service_records.h"
#include "store/sqlite/database.h"

namespace parnas::store::sqlite {

// The new revision. Throws Error(conflict) if the present one is not as expected.
std::int64_t put(Database& database,
                 const WorkerRecord& worker,
                 std::optional<std::int64_t> expected);
// Throws Error(not_found).
WorkerRecord read_worker(Database& database, std::string_view id);
// Those with ids after `after`, in their order.
std::vector<WorkerRecord> read_workers(Database& database,
                                       std::string_view after,
                                       std::int64_t limit);

}  // namespace parnas::store::sqlite
