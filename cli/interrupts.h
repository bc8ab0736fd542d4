// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <signal.h>
#include <stop_token>
#include <thread>

#include "core/units.h"

namespace parnas::cli {

// The exit code of a command that was interrupted.
inline constexpr int kInterrupted = 130;

// Turns the first Ctrl-C (or SIGTERM) into a stop request; the second one ends the process
// at once with that code. Made before any other thread is: threads inherit the mask
// that leaves these signals to the one thread which waits for them.
class Interrupts {
  public:
    Interrupts();
    ~Interrupts();
    Interrupts(const Interrupts&) = delete;
    Interrupts& operator=(const Interrupts&) = delete;

    std::stop_token token() const { return stop_.get_token(); }
    bool requested() const { return stop_.stop_requested(); }

  private:
    void wait();

    std::stop_source stop_;
    sigset_t before_{};
    std::atomic<bool> over_ = false;
    std::thread waiter_;
};

// Sleeps for so long, or until the stop.
void sleep_for(Seconds delay, const std::stop_token& stop);

}  // namespace parnas::cli
