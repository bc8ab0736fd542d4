// SPDX-License-Identifier: Apache-2.0
#include "api/service/uploads.h"

#include <algorithm>
#include <utility>

#include "core/error.h"

namespace parnas::service {

bool Uploads::add(std::string bytes) {
    if (bytes.size() > most_bytes_)
        throw Error(ErrorKind::unavailable, "the server keeps no uploads of this size");
    const Digest id = hash_bytes(bytes);
    const MutexLock lock(mutex_);
    if (std::ranges::find(uploads_, id, &Upload::id) != uploads_.end())
        return false;
    bytes_ += bytes.size();
    uploads_.push_back({.id = id, .bytes = std::move(bytes)});
    for (; bytes_ > most_bytes_; uploads_.pop_front())
        bytes_ -= uploads_.front().bytes.size();
    return true;
}

std::optional<std::string> Uploads::find(const Digest& id) const {
    const MutexLock lock(mutex_);
    const auto found = std::ranges::find(uploads_, id, &Upload::id);
    return found == uploads_.end() ? std::nullopt : std::optional(found->bytes);
}

void Uploads::drop(const Digest& id) {
    const MutexLock lock(mutex_);
    const auto found = std::ranges::find(uploads_, id, &Upload::id);
    if (found == uploads_.end())
        return;
    bytes_ -= found->bytes.size();
    uploads_.erase(found);
}

}  // namespace parnas::service
