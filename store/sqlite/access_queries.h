// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "store/service_records.h"
#include "store/sqlite/database.h"

// Tokens, and what was done with them.
namespace parnas::store::sqlite {

// As put() of a worker; also throws Error(conflict) for a name that is taken.
std::int64_t put(Database& database,
                 const TokenRecord& token,
                 std::optional<std::int64_t> expected);
// Throws Error(not_found).
TokenRecord read_token(Database& database, std::string_view id);
// Those with ids after `after`, in their order.
std::vector<TokenRecord> read_tokens(Database& database,
                                     std::string_view after,
                                     std::int64_t limit);

// Its sequence number.
std::int64_t append_audit(Database& database, const AuditRecord& record);
std::vector<AuditRecord> read_audit(Database& database, std::int64_t after, std::int64_t limit);

}  // namespace parnas::store::sqlite
