// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace parnas::store::sqlite {

// The texts of store/schema/*.sql.
extern const char* const kOptunaSchema;
extern const char* const kParnasTables;
extern const char* const kParnasRules;
extern const char* const kPhasesTables;
extern const char* const kPhasesRules;
extern const char* const kServiceTables;
extern const char* const kServiceRules;

}  // namespace parnas::store::sqlite
