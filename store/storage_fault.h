// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "core/error.h"

namespace parnas::store {

// Why a store cannot be written.
enum class StorageTrouble {
    full,     // passes when there is space again
    failed,   // the disk; what a failed sync has left on it nobody knows
    damaged,  // the file
};

struct StorageFault {
    StorageTrouble trouble = StorageTrouble::failed;
    std::string reason;  // for whoever runs the program: names the file
};

// What the store's disk or file is to blame for: unavailable, or damaged.
class StorageError : public Error {
  public:
    StorageError(StorageTrouble trouble, const Error& error) : Error(error), trouble_(trouble) {}

    StorageTrouble trouble() const { return trouble_; }

  private:
    StorageTrouble trouble_;
};

}  // namespace parnas::store
