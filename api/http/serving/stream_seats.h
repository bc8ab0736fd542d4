// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "core/mutex.h"

namespace parnas::http {

// How many event streams there may be, of all and of each principal. Thread-safe; outlives
// its seats.
class StreamSeats {
  public:
    StreamSeats(std::size_t most, std::size_t most_per_principal)
        : most_(most), most_per_principal_(most_per_principal) {}

    // The right to stream, given back with the object.
    class Seat {
      public:
        Seat(StreamSeats& seats, std::string principal)
            : seats_(seats), principal_(std::move(principal)) {}
        ~Seat() { seats_.leave(principal_); }
        Seat(const Seat&) = delete;
        Seat& operator=(const Seat&) = delete;

      private:
        StreamSeats& seats_;
        std::string principal_;
    };

    // Null if there is none left.
    std::shared_ptr<Seat> take(const std::string& principal);
    std::size_t taken() const;

  private:
    void leave(const std::string& principal);

    const std::size_t most_;
    const std::size_t most_per_principal_;
    mutable Mutex mutex_;
    std::size_t taken_ PARNAS_GUARDED_BY(mutex_) = 0;
    std::map<std::string, std::size_t> by_principal_ PARNAS_GUARDED_BY(mutex_);
};

}  // namespace parnas::http
