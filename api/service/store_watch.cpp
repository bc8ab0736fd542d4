// SPDX-License-Identifier: Apache-2.0
#include "api/service/store_watch.h"

#include <utility>

#include "core/error.h"

namespace parnas::service {

void StoreWatch::look() {
    bool asked = false;
    std::optional<std::string> before;
    {
        const MutexLock lock(mutex_);
        asked = std::exchange(asked_, false);
        before = trouble_;
    }
    std::optional<std::string> trouble;
    if (asked || before || kept_.fault())
        trouble = try_writing();
    {
        const MutexLock lock(mutex_);
        trouble_ = trouble;
    }
    if (on_change_ && trouble != before)
        on_change_(trouble);
}

std::optional<std::string> StoreWatch::try_writing() {
    try {
        kept_.try_writing();
        return std::nullopt;
    } catch (const Error& error) {
        // The store's own words for it do not change with each try.
        const std::optional<store::StorageFault> fault = kept_.fault();
        return fault ? fault->reason : error.what();
    }
}

std::optional<std::string> StoreWatch::trouble() {
    const std::optional<store::StorageFault> fault = kept_.fault();
    const MutexLock lock(mutex_);
    asked_ = true;
    return fault ? std::optional(fault->reason) : trouble_;
}

}  // namespace parnas::service
