// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

#include "store/store.h"

namespace parnas::search {

// The time that all sessions of a study took together. A session that was killed counts
// up to the last thing that it wrote.
class SessionClock {
  public:
    SessionClock() = default;
    // Starts a session.
    SessionClock(const store::Store& store, StudyId study);

    Seconds elapsed() const { return earlier_ + (std::chrono::steady_clock::now() - start_); }

  private:
    Seconds earlier_{0};
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace parnas::search
