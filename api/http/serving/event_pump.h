// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <stop_token>
#include <string>

#include "api/http/event_source.h"
#include "api/http/options.h"
#include "api/http/serving/channel.h"

namespace parnas::http {

// An event as the text of a stream (https://html.spec.whatwg.org, "Server-sent events"). Throws
// Error(internal) if its id or type has several lines or a NUL.
std::string to_text(const Event& event);

enum class StreamEnd {
    over,     // the source has no more
    stopped,  // by the token
    gone,     // the client
    slow,     // the client did not read
};

struct Pumped {
    StreamEnd end = StreamEnd::over;
    std::size_t bytes = 0;
};

// Sends `head`, and then what the source gives until the stream ends, with a comment whenever
// there was nothing for `deadlines.ping`. Throws what the source throws.
Pumped pump_events(Channel& channel,
                   std::string head,
                   EventSource& source,
                   const Deadlines& deadlines,
                   const std::stop_token& stop);

}  // namespace parnas::http
