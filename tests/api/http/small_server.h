// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "api/http/server.h"
#include "core/error.h"

namespace parnas::tests {

using namespace std::chrono_literals;

// Handlers wait here until they are let go, or are to stop.
class Gate {
  public:
    // False if it was the stop.
    bool wait(const std::stop_token& stop = {}) {
        std::unique_lock lock(mutex_);
        ++waiting_;
        changed_.notify_all();
        const bool open = changed_.wait(lock, stop, [&] { return open_; });
        --waiting_;
        changed_.notify_all();
        return open;
    }
    void open() {
        const std::lock_guard lock(mutex_);
        open_ = true;
        changed_.notify_all();
    }
    // Whether exactly so many came to wait within five seconds.
    bool has(std::size_t waiting) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, 5s, [&] { return waiting_ == waiting; });
    }

  private:
    std::mutex mutex_;
    std::condition_variable_any changed_;
    std::size_t waiting_ = 0;
    bool open_ = false;
};

inline http::Route health_route() {
    return {.method = "GET",
            .pattern = "/healthz",
            .handler = [](const http::Request&) { return http::make_text(200, "ok"); },
            .lane = http::Lane::vital};
}

inline http::Route echo_route() {
    return {.method = "POST", .pattern = "/echo", .handler = [](const http::Request& request) {
                return http::make_text(200, request.body);
            }};
}

// GET `pattern` waits at the gate whatever happens, and says so.
inline http::Route gate_route(Gate& gate, std::string pattern = "/gate") {
    return {.method = "GET", .pattern = std::move(pattern), .handler = [&](const http::Request&) {
                gate.wait();
                return http::make_text(200, "passed");
            }};
}

// Whether something becomes true within five seconds.
template <typename Predicate>
bool eventually(Predicate predicate) {
    const auto end = std::chrono::steady_clock::now() + 20s;
    while (!predicate()) {
        if (std::chrono::steady_clock::now() > end)
            return false;
        std::this_thread::sleep_for(2ms);
    }
    return true;
}

}  // namespace parnas::tests
