// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <stop_token>
#include <string>

#include "api/client/http_client.h"
#include "core/units.h"

namespace parnas::client {

// How long a call goes on when the server is away or busy.
struct Patience {
    std::optional<Seconds> longest;  // none: without end
    std::stop_token stop;            // ends it at once
};

// Called before each further try, by the thread that waits: why, and for how long.
using OnOutage = std::function<void(const std::string& why, Seconds delay)>;

// Whether a request that was answered so may be sent again: 429 and 503 say that it was not heard.
// After 502 and 504, as after no answer, it may have been done: it is sent again only if that does
// not do it twice (`repeatable`), as with 409 and Retry-After, the answer to a request whose
// first sending is still worked on.
bool may_come_again(const Answer& answer, bool repeatable);

// The wait after try `attempt`, from 1: doubles from `first` up to 10 s, and is at least what the
// server asked for (within a minute). `chance`, in [0, 1), spreads clients that were cut off
// together.
Seconds delay_after(int attempt, Seconds first, double chance, std::optional<Seconds> retry_after);

// Sends until there is an answer that another try would not better, or patience ends: then the last
// answer, or Error(unavailable). A call is repeatable unless it is a POST without a key.
Answer send_patiently(HttpClient& http,
                      const Call& call,
                      const Patience& patience,
                      const OnOutage& on_outage);

}  // namespace parnas::client
