// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "store/answer.h"
#include "store/sqlite/database.h"

// Answers to requests with an idempotency key.
namespace parnas::store::sqlite {

// Throws Error(conflict) if the scope has an answer for the key.
void write_answer(Database& database, const Answer& answer);
// Such an answer stays.
void write_answer_once(Database& database, const Answer& answer);
std::optional<Answer> read_answer(Database& database, std::string_view scope, std::string_view key);
// The oldest ones from before that time, at most `limit`; how many they were.
std::int64_t delete_answers(Database& database, TimePoint before, std::int64_t limit);

}  // namespace parnas::store::sqlite
