// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <sys/socket.h>
#include <utility>

#include <fmt/format.h>

#include "api/http/serving/reactor.h"
#include "core/mutation.h"

namespace parnas::http {
namespace {

using Phase = Connection::Phase;

// How much of one connection is received before it is the turn of others.
constexpr std::size_t kTurnBytes = 256 << 10;
// How long an answer may take in all; slower clients than `slow` says are closed before.
constexpr Milliseconds kLongestAnswer{600'000};
// What a refused client still sends while the server stops is of no interest.
constexpr Milliseconds kLingerWhileStopping{100};

}  // namespace

void Reactor::enter(Connection& connection, Phase phase, Clock::time_point deadline) {
    connection.phase = phase;
    connection.since = Clock::now();
    connection.deadline = deadline;
    next_sweep_ = std::min(next_sweep_, deadline);
}

void Reactor::advance(Connection& connection) {
    guard(connection, [&] { go_on(connection); });
}

void Reactor::go_on(Connection& connection) {
    switch (connection.phase) {
        case Phase::idle:
        case Phase::head:
        case Phase::body:
            receive(connection);
            break;
        case Phase::running:
            if (connection.hung_up)
                connection.stop.request_stop();
            break;
        case Phase::writing:
            send(connection);
            break;
        case Phase::lingering:
            drain(connection);
            break;
        case Phase::closed:
            break;
    }
}

void Reactor::receive(Connection& connection) {
    std::size_t taken = 0;
    read_requests(connection);  // what came behind the request before
    while (connection.readable && connection.reads()) {
        const auto size = connection.channel->receive_now(buffer_.data(), buffer_.size());
        if (!size) {
            connection.readable = false;
            return;
        }
        if (*size == 0) {
            close(connection);
            return;
        }
        // After less than was asked for nothing is left, and what comes later is told anew. Only
        // the end of what the client sends is not, once it was told.
        if (*size < buffer_.size() && !connection.hung_up && connection.channel->gives_all())
            connection.readable = false;
        connection.received.append(buffer_.data(), *size);
        read_requests(connection);
        taken += *size;
        if (taken >= kTurnBytes) {
            again_.push_back(connection.id);
            return;
        }
    }
}

void Reactor::drain(Connection& connection) {
    for (std::size_t taken = 0; taken < kTurnBytes;) {
        const auto size = receive_now(connection.channel->socket(), buffer_.data(), buffer_.size());
        if (!size)
            return;
        if (*size == 0) {
            close(connection);
            return;
        }
        taken += *size;
    }
    again_.push_back(connection.id);
}

void Reactor::read_requests(Connection& connection) {
    try {
        if (connection.phase != Phase::body && !read_head(connection))
            return;
        if (connection.phase == Phase::body)
            read_body(connection);
    } catch (const HttpError& error) {
        refuse(connection, {}, error, false);
    }
}

// Whether the head is there; then its request has begun or is refused.
bool Reactor::read_head(Connection& connection) {
    if (!connection.reads() || connection.received.empty())
        return false;
    if (connection.phase == Phase::idle)
        enter(connection, Phase::head, Clock::now() + options_.deadlines.head);
    std::optional<std::size_t> end = connection.scanner.find_end(connection.received);
    if (end == 2 && !std::exchange(connection.skipped_line, true)) {
        // An empty line before the first one is for old clients (RFC 9112, section 2.2).
        connection.received.erase(0, 2);
        connection.scanner = HeadScanner(options_.limits);
        end = connection.scanner.find_end(connection.received);
    }
    if (!end)
        return false;
    RequestHead head =
        parse_head(std::string_view(connection.received).substr(0, *end), options_.limits);
    connection.received.erase(0, *end);
    begin_request(connection, std::move(head));
    return true;
}

void Reactor::begin_request(Connection& connection, RequestHead head) {
    bool keep_alive = false;
    try {
        const Framing framing = framing_of(head, std::size_t(-1));
        const bool reusable = head.keeps_alive();
        keep_alive = reusable && !framing.has_body();
        const bool waits = head.expects_continue() && framing.has_body();
        Admitted admitted = intake_.admit(head, connection.client);
        if (mutated("no_body_limit"))
            admitted.most_body_bytes = std::size_t(-1);
        if (framing.length > admitted.most_body_bytes)
            throw HttpError(
                413, fmt::format("the body is larger than {} bytes", admitted.most_body_bytes));
        connection.exchange = Exchange{.home = this,
                                       .connection = connection.id,
                                       .channel = connection.channel.get(),
                                       .match = std::move(admitted.match),
                                       .request = std::move(admitted.request),
                                       .keep_alive = reusable};
        connection.body.emplace(framing, admitted.most_body_bytes);
        if (waits && connection.received.empty())
            connection.channel->send_now("HTTP/1.1 100 Continue\r\n\r\n");
    } catch (const HttpError& error) {
        refuse(connection, head, error, keep_alive);
        return;
    }
    const Deadlines& deadlines = options_.deadlines;
    connection.pace.emplace(Clock::now(), deadlines.slow, deadlines.slow_bytes, deadlines.body);
    enter(connection, Phase::body, connection.pace->deadline());
}

void Reactor::read_body(Connection& connection) {
    const std::size_t taken = connection.body->take(connection.received);
    connection.received.erase(0, taken);
    connection.pace->moved(taken);
    hold(connection, connection.body->size());
    if (connection.body->done())
        start(connection);
}

void Reactor::hold(Connection& connection, std::size_t bytes) {
    if (held_bytes_ - connection.held + bytes > options_.limits.held_body_bytes) {
        ++meter_.refused_requests;
        throw HttpError(503, "the server has no memory left for bodies");
    }
    held_bytes_ = held_bytes_ - connection.held + bytes;
    connection.held = bytes;
}

void Reactor::release(Connection& connection) {
    held_bytes_ -= std::exchange(connection.held, 0);
    connection.body.reset();
    connection.pace.reset();
}

void Reactor::start(Connection& connection) {
    Exchange& exchange = connection.exchange;
    exchange.request.body = connection.body->release();
    connection.stop = std::stop_source();
    if (connection.hung_up)
        connection.stop.request_stop();
    exchange.request.stop = connection.stop.get_token();
    exchange.began = Clock::now();
    connection.lasts =
        exchange.match.route != nullptr && exchange.match.route->lane == Lane::waiting;
    intake_.start(std::move(exchange));
    enter(connection, Phase::running, Clock::time_point::max());
}

void Reactor::take_back(Answered answered) {
    const auto found = connections_.find(answered.connection);
    if (found != connections_.end())
        guard(*found->second,
              [&] { answer(*found->second, std::move(answered.unsent), answered.keep_alive); });
}

void Reactor::refuse(Connection& connection,
                     const RequestHead& head,
                     const HttpError& error,
                     bool keep_alive) {
    keep_alive = keep_alive && !stopping_;
    guard(connection, [&] {
        answer(connection, intake_.refuse(head, connection.client, error, !keep_alive), keep_alive);
    });
}

void Reactor::answer(Connection& connection, std::string bytes, bool keep_alive) {
    release(connection);
    connection.stop = std::stop_source(std::nostopstate);
    connection.unsent = std::move(bytes);
    connection.sent = 0;
    connection.keep_alive = keep_alive && !stopping_;
    connection.pace.emplace(
        Clock::now(), options_.deadlines.slow, options_.deadlines.slow_bytes, kLongestAnswer);
    enter(connection, Phase::writing, connection.pace->deadline());
    send(connection);
}

void Reactor::send(Connection& connection) {
    const auto size =
        connection.channel->send_now(std::string_view(connection.unsent).substr(connection.sent));
    if (!size) {
        close(connection);
        return;
    }
    connection.sent += *size;
    connection.pace->moved(*size);
    if (connection.sent < connection.unsent.size())
        return;
    connection.unsent = {};
    if (connection.keep_alive) {
        await_next(connection);
        return;
    }
    // Closing at once would make the system tell the client of an error, if bytes of it were not
    // read, and the answer might be lost.
    connection.channel->end_sending();
    const Milliseconds linger = stopping_
                                    ? std::min(options_.deadlines.linger, kLingerWhileStopping)
                                    : options_.deadlines.linger;
    enter(connection, Phase::lingering, Clock::now() + linger);
    again_.push_back(connection.id);
}

void Reactor::await_next(Connection& connection) {
    release(connection);
    connection.scanner = HeadScanner(options_.limits);
    connection.skipped_line = false;
    connection.exchange = Exchange();
    connection.client.reserved = connections_.size() > connection_limit_;
    enter(connection, Phase::idle, Clock::now() + options_.deadlines.idle);
    if (connection.readable || !connection.received.empty())
        again_.push_back(connection.id);
}

}  // namespace parnas::http
