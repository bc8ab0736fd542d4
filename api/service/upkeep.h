// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "core/error.h"
#include "core/trial.h"
#include "store/service_store.h"

namespace parnas::service {

struct Backup {
    std::string name;  // of its file, in Upkeep::folder()
    std::uintmax_t bytes = 0;
    TimePoint created;
};

// Backups and checks of the file that a server's store is in, while it is in use. Thread-safe;
// one of each at a time, Error(conflict) for another one.
class Upkeep {
  public:
    // `kept` is what is in the file, and outlives it.
    Upkeep(store::ServiceStore& kept, std::filesystem::path file)
        : kept_(kept), file_(std::move(file)) {}

    // Beside the store, "lab.db.backups".
    std::filesystem::path folder() const;
    // A checked copy under a name of its own; `actor` for the audit. Throws as store::back_up().
    Backup back_up(const std::string& actor);
    // All that is wrong with the file.
    std::vector<Fault> check();

  private:
    store::ServiceStore& kept_;
    const std::filesystem::path file_;
    std::atomic<bool> backing_up_ = false;
    std::atomic<bool> checking_ = false;
};

}  // namespace parnas::service
