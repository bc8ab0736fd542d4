// SPDX-License-Identifier: Apache-2.0
#include "api/client/patience.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <condition_variable>
#include <exception>
#include <mutex>

#include <fmt/format.h>

#include "core/error.h"

namespace parnas::client {
namespace {

constexpr Seconds kLongestDelay{10.0};
constexpr Seconds kLongestRetryAfter{60.0};

void wait_for(Seconds delay, const std::stop_token& stop) {
    std::mutex mutex;
    std::condition_variable_any never;
    std::unique_lock lock(mutex);
    never.wait_for(lock, stop, delay, [] { return false; });
}

// What one try brought.
struct Try {
    std::optional<Answer> answer;
    std::exception_ptr error;
    std::string why;
};

Try try_once(HttpClient& http, const Call& call, const std::stop_token& stop) {
    Try tried;
    try {
        tried.answer = http.send(call, stop);
        tried.why = fmt::format("the server answers {}", tried.answer->status);
    } catch (const Error& error) {
        if (error.kind() != ErrorKind::unavailable)
            throw;
        tried.error = std::current_exception();
        tried.why = error.faults().front().message;
    }
    return tried;
}

}  // namespace

bool may_come_again(const Answer& answer, bool repeatable) {
    switch (answer.status) {
        case 429:
        case 503:
            return true;
        case 502:
        case 504:
        case 507:  // a full disk, after which it may have been done and not been kept as answered
            return repeatable;
        case 409:
            return repeatable && answer.retry_after;
        default:
            return false;
    }
}

Seconds delay_after(int attempt, Seconds first, double chance, std::optional<Seconds> retry_after) {
    const Seconds backoff = std::min(kLongestDelay, first * std::exp2(std::min(attempt, 16) - 1));
    const Seconds asked = std::min(retry_after.value_or(Seconds(0.0)), kLongestRetryAfter);
    return std::max(backoff * (0.5 + 0.5 * chance), asked);
}

Answer send_patiently(HttpClient& http,
                      const Call& call,
                      const Patience& patience,
                      const OnOutage& on_outage) {
    const bool repeatable = call.method != "POST" || !call.key.empty();
    const auto began = std::chrono::steady_clock::now();
    for (int attempt = 1;; ++attempt) {
        Try tried = try_once(http, call, patience.stop);
        if (tried.answer && !may_come_again(*tried.answer, repeatable))
            return std::move(*tried.answer);
        const Seconds delay = delay_after(attempt,
                                          http.options().first_delay,
                                          http.chance(),
                                          tried.answer ? tried.answer->retry_after : std::nullopt);
        const Seconds waited = std::chrono::steady_clock::now() - began;
        const bool over = patience.stop.stop_requested() ||
                          (patience.longest && waited + delay > *patience.longest);
        if (tried.error && (over || !repeatable))
            std::rethrow_exception(tried.error);
        if (over)
            return std::move(*tried.answer);
        if (on_outage)
            on_outage(tried.why, delay);
        wait_for(delay, patience.stop);
    }
}

}  // namespace parnas::client
