// SPDX-License-Identifier: Apache-2.0
#include "api/http/counters.h"

#include <algorithm>

namespace parnas::http {
namespace {

// What clients invent must not make counters without end.
std::string_view known_method(std::string_view method) {
    constexpr std::string_view kKnown[] = {
        "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};
    return std::ranges::find(kKnown, method) == std::end(kKnown) ? "other" : method;
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
    const KeyView key(name, known_method(method), status);
    MutexLock lock(mutex_);
    auto count = requests_.find(key);
    if (count == requests_.end())
        count = requests_.emplace(Key(key), 0).first;
    ++count->second;
    auto histogram = durations_.find(name);
    if (histogram == durations_.end())
        histogram = durations_.emplace(name, DurationHistogram()).first;
    histogram->second.add(duration);
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
    for (const auto& [key, requests] : requests_)
        counters.requests.push_back(
            {std::get<0>(key), std::get<1>(key), std::get<2>(key), requests});
    counters.durations.insert(durations_.begin(), durations_.end());
    return counters;
}

}  // namespace parnas::http
