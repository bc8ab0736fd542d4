// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "cli/console.h"

namespace parnas::cli {

// A line that is written again on a terminal; elsewhere nothing.
class Counter {
  public:
    Counter(Console& console, std::string what) : console_(console), what_(std::move(what)) {}
    ~Counter() {
        if (console_.live)
            console_.err << "\r\x1b[K" << std::flush;
    }
    Counter(const Counter&) = delete;
    Counter& operator=(const Counter&) = delete;

    void show(std::size_t done, std::size_t all) {
        if (console_.live)
            console_.err << fmt::format("\r{} {} of {}", what_, done, all) << std::flush;
    }

  private:
    Console& console_;
    std::string what_;
};

}  // namespace parnas::cli
