// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "api/http/protocol/body_reader.h"
#include "api/http/serving/channel.h"
#include "api/http/serving/exchange.h"
#include "api/http/serving/pace.h"

namespace parnas::http {

// A connection as the reactor's thread, its only user, knows it.
struct Connection {
    enum class Phase {
        idle,       // between two requests
        head,       // a head is awaited or arrives
        body,       // a body arrives
        running,    // a lane has the exchange, and the socket with it
        writing,    // the rest of an answer is sent
        lingering,  // all is said; the client gets time to read it
        closed,
    };

    Connection(ConnectionId number, Client who, const Limits& limits)
        : id(number), client(std::move(who)), scanner(limits) {}

    bool reads() const {
        return phase == Phase::idle || phase == Phase::head || phase == Phase::body;
    }

    ConnectionId id;
    std::unique_ptr<Channel> channel;
    Client client;

    Phase phase = Phase::head;
    Clock::time_point since;     // of the phase
    Clock::time_point deadline;  // of the phase; max() if it has none

    bool readable = false;  // there may be bytes that were not received
    bool hung_up = false;   // the client sends no more
    std::string received;   // and not used yet

    HeadScanner scanner;
    bool skipped_line = false;  // an empty line before the head
    Exchange exchange;          // while it is read
    std::optional<BodyReader> body;
    std::optional<Pace> pace;
    std::size_t held = 0;  // bytes of the body, until the request is answered
    std::stop_source stop{std::nostopstate};
    bool lasts = false;  // the exchange ends by its stop token

    std::string unsent;
    std::size_t sent = 0;  // of unsent
    bool keep_alive = false;
};

}  // namespace parnas::http
