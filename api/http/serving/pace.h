// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>

#include "api/http/event_source.h"
#include "api/http/options.h"

namespace parnas::http {

// Tells a slow transfer from one that goes on: in each window of time at least `bytes` have to
// pass, and the whole may not outlast its deadline.
class Pace {
  public:
    Pace(Clock::time_point now, Milliseconds window, std::size_t bytes, Milliseconds whole)
        : window_(window), bytes_(bytes), end_(now + whole), window_end_(now + window) {}

    void moved(std::size_t bytes) { moved_ += bytes; }

    // When to ask is_slow() next.
    Clock::time_point deadline() const { return std::min(end_, window_end_); }

    // Begins a new window after one in which enough has passed.
    bool is_slow(Clock::time_point now) {
        if (now < deadline())
            return false;
        if (now >= end_ || moved_ < bytes_)
            return true;
        moved_ = 0;
        window_end_ = now + window_;
        return false;
    }

  private:
    Milliseconds window_;
    std::size_t bytes_;
    Clock::time_point end_;
    Clock::time_point window_end_;
    std::size_t moved_ = 0;
};

}  // namespace parnas::http
