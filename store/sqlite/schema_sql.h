// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace parnas::store::sqlite {

// The texts of store/schema/optuna.sql, parnas_tables.sql and parnas_rules.sql.
extern const char* const kOptunaSchema;
extern const char* const kParnasTables;
extern const char* const kParnasRules;

}  // namespace parnas::store::sqlite
