// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <list>
#include <optional>
#include <string>

#include "core/hash.h"
#include "core/mutex.h"

namespace parnas::service {

// Bytes that workers sent ahead of a result that names them, such as weights. They are kept in
// memory until the result has come, or until others need the room: then, and after a restart, the
// worker is told that they are not there and sends them again. Thread-safe.
class Uploads {
  public:
    explicit Uploads(std::size_t most_bytes) : most_bytes_(most_bytes) {}

    // Whether they are new. Throws Error(unavailable) for more than there may be of all.
    bool add(std::string bytes);
    std::optional<std::string> find(const Digest& id) const;
    void drop(const Digest& id);

  private:
    struct Upload {
        Digest id;
        std::string bytes;
    };

    const std::size_t most_bytes_;
    mutable Mutex mutex_;
    std::list<Upload> uploads_ PARNAS_GUARDED_BY(mutex_);  // the oldest first
    std::size_t bytes_ PARNAS_GUARDED_BY(mutex_) = 0;
};

}  // namespace parnas::service
