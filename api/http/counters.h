// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/mutex.h"

namespace parnas::http {

// How long requests took. `counts[i]`: those of at most kBoundsSeconds[i], the last those beyond.
struct DurationHistogram {
    static constexpr std::array<double, 12> kBoundsSeconds =
        {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 2.5, 10.0};

    std::array<std::uint64_t, kBoundsSeconds.size() + 1> counts{};
    double sum_seconds = 0;

    void add(std::chrono::microseconds duration);
};

struct RequestCount {
    std::string route;   // the pattern; "unmatched"
    std::string method;  // "other" if it is none that HTTP itself knows
    int status = 0;
    std::uint64_t requests = 0;
};

// What a server has done so far, and how it stands.
struct Counters {
    std::vector<RequestCount> requests;
    std::map<std::string, DurationHistogram> durations;  // by route
    std::uint64_t accepted = 0;                          // connections
    std::uint64_t refused_connections = 0;  // closed unheard: too many, or too many of one address
    std::uint64_t evicted_connections = 0;  // idle ones that made room
    std::uint64_t reaped_connections = 0;   // too slow to send, or to read
    std::uint64_t refused_requests = 0;     // 503 for want of threads, memory or streams
    std::size_t connections = 0;            // now
    std::size_t connection_limit = 0;
    std::size_t running = 0;  // requests with a handler now
    std::size_t queued = 0;   // requests that wait for a thread
    std::size_t streams = 0;  // of events, now
};

// Counts what happens. Thread-safe.
class Meter {
  public:
    void request(std::string_view route,
                 std::string_view method,
                 int status,
                 std::chrono::microseconds duration);

    std::atomic<std::uint64_t> accepted{0};
    std::atomic<std::uint64_t> refused_connections{0};
    std::atomic<std::uint64_t> evicted_connections{0};
    std::atomic<std::uint64_t> reaped_connections{0};
    std::atomic<std::uint64_t> refused_requests{0};
    std::atomic<std::size_t> connections{0};
    std::atomic<std::size_t> running{0};

    // All that is counted here.
    Counters snapshot() const;

  private:
    struct OfRoute {
        std::map<std::pair<std::string_view, int>, std::uint64_t> requests;  // by method and status
        DurationHistogram durations;
    };

    mutable Mutex mutex_;
    std::map<std::string, OfRoute, std::less<>> routes_ PARNAS_GUARDED_BY(mutex_);
};

}  // namespace parnas::http
