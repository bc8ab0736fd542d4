// SPDX-License-Identifier: Apache-2.0
#include "cli/interrupts.h"

#include <condition_variable>
#include <mutex>
#include <pthread.h>
#include <unistd.h>

namespace parnas::cli {
namespace {

// Wakes the waiting thread when the work is over.
constexpr int kOver = SIGUSR2;

sigset_t waited_for() {
    sigset_t set;
    sigemptyset(&set);
    for (const int signal : {SIGINT, SIGTERM, kOver})
        sigaddset(&set, signal);
    return set;
}

}  // namespace

Interrupts::Interrupts() {
    const sigset_t set = waited_for();
    pthread_sigmask(SIG_BLOCK, &set, &before_);
    waiter_ = std::thread([this] { wait(); });
}

Interrupts::~Interrupts() {
    over_ = true;
    pthread_kill(waiter_.native_handle(), kOver);
    waiter_.join();
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

void Interrupts::wait() {
    const sigset_t set = waited_for();
    int signal = 0;
    while (sigwait(&set, &signal) == 0 && !over_) {
        if (signal == kOver)
            continue;
        if (!stop_.request_stop())
            _exit(kInterrupted);
    }
}

void sleep_for(Seconds delay, const std::stop_token& stop) {
    std::mutex mutex;
    std::condition_variable_any never;
    std::unique_lock lock(mutex);
    never.wait_for(lock, stop, delay, [] { return false; });
}

}  // namespace parnas::cli
