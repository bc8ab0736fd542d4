// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "api/http/event_source.h"
#include "api/http/problem.h"
#include "api/http/protocol/request_head.h"
#include "api/http/request.h"
#include "api/http/router.h"
#include "api/http/serving/channel.h"

namespace parnas::http {

using ConnectionId = std::uint64_t;

// A connection that a request was answered on.
struct Answered {
    ConnectionId connection = 0;
    std::string unsent;  // what the socket did not take yet
    bool keep_alive = false;
};

// Where answered connections go. Thread-safe.
class Connections {
  public:
    virtual ~Connections() = default;

    virtual void give_back(Answered answered) = 0;
    // The exchange lasts until its Request::stop says so, which a stopping server therefore does
    // at once.
    virtual void lasts(ConnectionId connection) = 0;
};

// One request and the right to answer it: whoever has it may send on the channel, nobody else
// does, and it stays open until it is given back.
struct Exchange {
    Connections* home = nullptr;  // where to give it back
    ConnectionId connection = 0;
    Channel* channel = nullptr;
    Router::Match match;
    Request request;
    bool keep_alive = false;
    Clock::time_point began;  // the request was there as a whole
};

// A client whose request is being read.
struct Client {
    std::string address;
    bool reserved = false;  // there are too many connections: only what is vital is served
};

struct Admitted {
    Router::Match match;
    Request request;  // without its body
    std::size_t most_body_bytes = 0;
};

// What is asked about requests while they are read. Called by the thread that reads all
// connections, so each call takes microseconds.
class Intake {
  public:
    virtual ~Intake() = default;

    // Takes the parts of `head` unless it throws HttpError, which refuses the request.
    virtual Admitted admit(RequestHead& head, const Client& client) = 0;
    // Hands a whole request to a thread, or answers that all are busy.
    virtual void start(Exchange exchange) = 0;
    // The answer to what is refused, to be sent as it is. `head` is empty as far as it is unknown.
    virtual std::string refuse(const RequestHead& head,
                               const Client& client,
                               const HttpError& error,
                               bool close) = 0;
};

}  // namespace parnas::http
