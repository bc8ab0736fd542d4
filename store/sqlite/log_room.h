// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/sqlite/database.h"

namespace parnas::store::sqlite {

// Pages of the write-ahead log after which it is moved into the file and written from its
// beginning again.
inline constexpr int kLogPages = 4000;

// Gives the log that length at once. A sync of a log that grows has the file system write down
// the file's new size as well, which takes up to thirty times as long as one of a log that is
// written over (docs/benchmarks.md). Does nothing on a disk that is almost full. For the writing
// connection, before its first transaction. Throws as a write does.
void reserve_log(Database& writer);

}  // namespace parnas::store::sqlite
