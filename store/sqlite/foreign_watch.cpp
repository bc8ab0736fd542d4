// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/foreign_watch.h"

#include <algorithm>

namespace parnas::store::sqlite {

// A reading connection sees that something was committed, but not by whom; the writing one sees
// only what others did, but belongs to a thread that may be busy. So that one is asked only when
// there was something.
std::int64_t ForeignWatch::changes() {
    std::int64_t seen = 0;
    {
        const MutexLock lock(mutex_);
        if (!connection_)
            connection_.emplace(writer_.path(), Access::read_only, writer_.busy_timeout());
        Query query = connection_->query("PRAGMA data_version");
        query.next();
        seen = query.integer(0);
        if (seen == known_)
            return writer_.known_foreign_changes();
    }
    const std::int64_t changes = writer_.foreign_changes();
    const MutexLock lock(mutex_);
    known_ = std::max(known_, seen);
    return changes;
}

}  // namespace parnas::store::sqlite
