// SPDX-License-Identifier: Apache-2.0
#include "api/http/counters.h"

#include <algorithm>

namespace parnas::http {
namespace {

// What clients invent must not make counters without end. Lives for ever.
std::string_view known_method(std::string_view method) {
    constexpr std::string_view kKnown[] = {
        "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};
    const auto known = std::ranges::find(kKnown, method);
    return known == std::end(kKnown) ? "other" : *known;
}

}  // namespace

void DurationHistogram::add(std::chrono::microseconds duration) {
    const double seconds = std::chrono::duration<double>(duration).count();
    const auto bound = std::ranges::lower_bound(kBoundsSeconds, seconds);
    ++counts[static_cast<std::size_t>(bound - kBoundsSeconds.begin())];
    sum_seconds += seconds;
}

void Meter::request(std::string_view route,
                    std::string_view method,
                    int status,
                    std::chrono::microseconds duration) {
    const std::string_view name = route.empty() ? "unmatched" : route;
    MutexLock lock(mutex_);
    auto found = routes_.find(name);
    if (found == routes_.end())
        found = routes_.emplace(name, OfRoute()).first;
    ++found->second.requests[{known_method(method), status}];
    found->second.durations.add(duration);
}

Counters Meter::snapshot() const {
    Counters counters;
    counters.accepted = accepted;
    counters.refused_connections = refused_connections;
    counters.evicted_connections = evicted_connections;
    counters.reaped_connections = reaped_connections;
    counters.refused_requests = refused_requests;
    counters.connections = connections;
    counters.running = running;
    MutexLock lock(mutex_);
    for (const auto& [route, counts] : routes_) {
        for (const auto& [key, requests] : counts.requests)
            counters.requests.push_back({route, std::string(key.first), key.second, requests});
        counters.durations.emplace(route, counts.durations);
    }
    return counters;
}

}  // namespace parnas::http
