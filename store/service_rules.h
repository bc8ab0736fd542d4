// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "core/error.h"
#include "store/service_store.h"

// What every store refuses of a server's records, and in which words.
namespace parnas::store {

// Throw Error(invalid_input) with all faults.
void check_starts(std::span<const AttemptStart> attempts);
void check_report(const LateReport& report);
void check_answer(const Answer& answer);

// Of a batch. Throws Error(internal): the driver that made it has a bug.
void check_end(const AttemptEnd& end);

// Throws Error(conflict) unless the trial is at this attempt.
void check_attempt(const AttemptStart& start, std::int64_t present);
// Throws Error(conflict) unless the attempt that is to end is open.
void check_open(const AttemptEnd& end, AttemptState present);

Error granted_before(const AttemptStart& start);
Error open_already(const AttemptStart& start);
Error taken_lease(std::string_view lease);
Error taken_key(const Answer& answer);
Error unknown_lease(std::string_view lease);

}  // namespace parnas::store
