// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "core/mutex.h"
#include "store/service_store.h"

namespace parnas::service {

// Whether a store can be written: finds out that a full disk has space again, and for those who
// ask, how it is though nobody writes. Costs a commit only then. Thread-safe.
class StoreWatch {
  public:
    // Called by look(), with what is the matter; nullopt: nothing any more.
    using OnChange = std::function<void(const std::optional<std::string>& trouble)>;

    // `kept` outlives it.
    explicit StoreWatch(store::ServiceStore& kept, OnChange on_change = {})
        : kept_(kept), on_change_(std::move(on_change)) {}

    // To be called about once a second, by one thread. Throws nothing of the store's.
    void look();
    // Why changes are refused now. After this has been asked, the next look() tries to write.
    std::optional<std::string> trouble();

  private:
    std::optional<std::string> try_writing();

    store::ServiceStore& kept_;
    const OnChange on_change_;
    Mutex mutex_;
    bool asked_ PARNAS_GUARDED_BY(mutex_) = false;
    std::optional<std::string> trouble_ PARNAS_GUARDED_BY(mutex_);
};

}  // namespace parnas::service
