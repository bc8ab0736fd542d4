// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace parnas::http {

using Clock = std::chrono::steady_clock;

// One server-sent event. `id` is what a client sends back as Last-Event-ID; an empty id or
// type is not sent. `id` and `type` are single lines without NUL.
struct Event {
    std::string id;
    std::string type;
    std::string data;
};

// What a stream of events comes from. Belongs to one stream, whose thread alone calls it.
class EventSource {
  public:
    virtual ~EventSource() = default;

    // The next events in order. Waits for the first of them until `deadline` or `stop`, and
    // returns none if there was none. Nothing at all: the stream is over.
    virtual std::optional<std::vector<Event>> next(Clock::time_point deadline,
                                                   const std::stop_token& stop) = 0;
};

struct EventStream {
    std::unique_ptr<EventSource> source;
    std::string principal;  // whose stream it is: a principal has a limited number of them
};

}  // namespace parnas::http
