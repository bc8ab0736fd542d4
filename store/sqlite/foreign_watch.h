// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "core/mutex.h"
#include "store/sqlite/database.h"
#include "store/sqlite/writer.h"

namespace parnas::store::sqlite {

// Notices what other programs write into the file, at the price of one look into shared memory
// while nobody writes. Thread-safe.
class ForeignWatch {
  public:
    // `writer`: this process's only one for the file; it must outlive the watch.
    explicit ForeignWatch(Writer& writer) : writer_(writer) {}

    // A number that is another one if other programs have committed since it was asked for.
    std::int64_t changes();

  private:
    Writer& writer_;
    Mutex mutex_;
    std::optional<Database> connection_ PARNAS_GUARDED_BY(mutex_);
    // Of this connection, the last data_version that was asked about.
    std::int64_t known_ PARNAS_GUARDED_BY(mutex_) = -1;
};

}  // namespace parnas::store::sqlite
