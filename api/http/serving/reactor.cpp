// SPDX-License-Identifier: Apache-2.0
#include "api/http/serving/reactor.h"

#include <algorithm>
#include <cstdint>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

#include "core/error.h"
#include "core/mutation.h"

namespace parnas::http {
namespace {

constexpr ConnectionId kBell = 0;  // no connection has this number
constexpr Milliseconds kSweepInterval{20};
// How old an idle connection or an unfinished head is before it makes room for others.
constexpr Milliseconds kEvictableAfter{500};
constexpr std::string_view kTooMany =
    "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Length: 0\r\n"
    "Connection: close\r\n\r\n";

Descriptor checked(int number) {
    if (number < 0)
        throw Error(ErrorKind::unavailable, "the system has no descriptor for the server");
    return Descriptor(number);
}

bool watch(const Descriptor& epoll, int descriptor, ConnectionId id, std::uint32_t events) {
    epoll_event event{};
    event.events = events;
    event.data.u64 = id;
    return epoll_ctl(epoll.number(), EPOLL_CTL_ADD, descriptor, &event) == 0;
}

}  // namespace

Reactor::Reactor(const ServerOptions& options,
                 std::size_t connection_limit,
                 const Tls* tls,
                 Intake& intake,
                 Meter& meter)
    : options_(options),
      connection_limit_(connection_limit),
      tls_(tls),
      intake_(intake),
      meter_(meter),
      epoll_(checked(epoll_create1(EPOLL_CLOEXEC))),
      bell_(checked(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK))) {
    if (!watch(epoll_, bell_.number(), kBell, EPOLLIN))
        throw Error(ErrorKind::unavailable, "the server cannot wait for connections");
    thread_ = std::thread([this] { run(); });
}

Reactor::~Reactor() {
    {
        MutexLock lock(mutex_);
        mail_.end = true;
        wake();
    }
    thread_.join();
}

void Reactor::wake() {
    if (std::exchange(rung_, true))
        return;
    const std::uint64_t one = 1;
    // Cannot fail: the count is 0 or 1.
    [[maybe_unused]] const ssize_t written = write(bell_.number(), &one, sizeof one);
}

void Reactor::add(Descriptor socket) {
    MutexLock lock(mutex_);
    mail_.arrived.push_back(std::move(socket));
    ++open_;
    wake();
}

void Reactor::give_back(Answered answered) {
    MutexLock lock(mutex_);
    mail_.answered.push_back(std::move(answered));
    wake();
}

void Reactor::lasts(ConnectionId connection) {
    MutexLock lock(mutex_);
    mail_.lasting.push_back(connection);
    wake();
}

void Reactor::begin_stop() {
    MutexLock lock(mutex_);
    mail_.stop = true;
    wake();
}

void Reactor::abort() {
    MutexLock lock(mutex_);
    mail_.abort = true;
    wake();
}

bool Reactor::wait_empty(Clock::time_point deadline) {
    MutexLock lock(mutex_);
    while (open_ > 0 && empty_.wait_until(mutex_, deadline) == std::cv_status::no_timeout) {
    }
    return open_ == 0;
}

void Reactor::run() {
    while (read_mail()) {
        for (const ConnectionId id : std::exchange(again_, {})) {
            if (const auto found = connections_.find(id); found != connections_.end())
                advance(*found->second);
        }
        const Clock::time_point now = Clock::now();
        if (now >= next_sweep_ && now - last_sweep_ >= kSweepInterval)
            sweep(now);
        bury();
        wait();
    }
    for (const auto& [id, connection] : connections_)
        close(*connection);
    bury();
}

void Reactor::wait() {
    std::array<epoll_event, 64> events;
    int timeout = -1;
    if (!again_.empty()) {
        timeout = 0;
    } else if (next_sweep_ != Clock::time_point::max()) {
        const Clock::time_point next = std::max(next_sweep_, last_sweep_ + kSweepInterval);
        const auto left = std::chrono::ceil<Milliseconds>(next - Clock::now());
        timeout = static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 60'000));
    }
    const int count =
        epoll_wait(epoll_.number(), events.data(), static_cast<int>(events.size()), timeout);
    for (int i = 0; i < count; ++i) {
        const epoll_event& event = events[static_cast<std::size_t>(i)];
        const ConnectionId id = event.data.u64;  // packed: no reference to it
        const std::uint32_t what = event.events;
        const auto found = connections_.find(id);
        if (found == connections_.end())
            continue;
        Connection& connection = *found->second;
        constexpr std::uint32_t kEnd = EPOLLRDHUP | EPOLLHUP | EPOLLERR;
        // With TLS something may be read because something could be written.
        const std::uint32_t input = EPOLLIN | kEnd | (tls_ != nullptr ? EPOLLOUT : EPOLLIN);
        connection.readable |= (what & input) != 0;
        connection.hung_up |= (what & kEnd) != 0;
        advance(connection);
    }
}

bool Reactor::read_mail() {
    Mail mail;
    {
        MutexLock lock(mutex_);
        if (std::exchange(rung_, false)) {
            std::uint64_t count = 0;
            [[maybe_unused]] const ssize_t size = read(bell_.number(), &count, sizeof count);
            mail = std::exchange(mail_, {});
        }
    }
    for (Descriptor& socket : mail.arrived)
        admit(std::move(socket));
    for (Answered& answered : mail.answered)
        take_back(std::move(answered));
    for (const ConnectionId id : mail.lasting) {
        const auto found = connections_.find(id);
        if (found == connections_.end() || found->second->phase != Connection::Phase::running)
            continue;
        found->second->lasts = true;
        if (stopping_)
            found->second->stop.request_stop();
    }
    if (mail.stop)
        stop_all();
    if (mail.abort)
        abort_all();
    return !mail.end;
}

void Reactor::bury() {
    if (dead_.empty())
        return;
    for (const ConnectionId id : dead_)
        connections_.erase(id);
    meter_.connections = connections_.size();
    MutexLock lock(mutex_);
    open_ -= std::exchange(dead_, {}).size();
    if (open_ == 0)
        empty_.notify_all();
}

void Reactor::sweep(Clock::time_point now) {
    last_sweep_ = now;
    next_sweep_ = Clock::time_point::max();
    for (const auto& [id, connection] : connections_) {
        if (connection->deadline <= now)
            on_deadline(*connection, now);
        if (connection->phase != Connection::Phase::closed)
            next_sweep_ = std::min(next_sweep_, connection->deadline);
    }
}

void Reactor::on_deadline(Connection& connection, Clock::time_point now) {
    using Phase = Connection::Phase;
    const bool slow = !connection.pace || connection.pace->is_slow(now);
    switch (connection.phase) {
        case Phase::head:
        case Phase::body:
            if (connection.phase == Phase::body && !slow) {
                connection.deadline = connection.pace->deadline();
                break;
            }
            if (mutated("no_head_deadline")) {
                connection.deadline = Clock::time_point::max();
                break;
            }
            ++meter_.reaped_connections;
            if (connection.received.empty() && connection.phase == Phase::head)
                close(connection);
            else
                refuse(connection, {}, HttpError(408, "the request came too slowly"), false);
            break;
        case Phase::writing:
            if (!slow) {
                connection.deadline = connection.pace->deadline();
                break;
            }
            ++meter_.reaped_connections;
            close(connection);
            break;
        default:
            close(connection);
    }
}

void Reactor::admit(Descriptor socket) {
    ++meter_.accepted;
    bool admitted = false;
    try {
        admitted = try_admit(socket);
    } catch (const std::exception&) {
        // Out of memory: nobody has this connection then.
    }
    if (admitted)
        return;
    ++meter_.refused_connections;
    if (socket.number() >= 0 && tls_ == nullptr)
        send_now(socket.number(), kTooMany);
    MutexLock lock(mutex_);
    if (--open_ == 0)
        empty_.notify_all();
}

// Leaves the socket to those who are refused for the limits.
bool Reactor::try_admit(Descriptor& socket) {
    const std::size_t count = connections_.size() - dead_.size();
    Client client{.address = peer_address(socket)};
    client.reserved = count >= connection_limit_ && !make_room();
    if (stopping_ || too_many_of(client.address) ||
        (client.reserved && count >= connection_limit_ + options_.limits.reserved_connections))
        return false;
    const ConnectionId id = ++last_id_;
    dead_.reserve(connections_.size() + 1);  // so that closing never needs memory
    auto connection = std::make_unique<Connection>(id, std::move(client), options_.limits);
    const int number = socket.number();
    connection->channel =
        tls_ != nullptr ? tls_->accept(std::move(socket)) : make_plain_channel(std::move(socket));
    std::size_t& of_address = by_address_[connection->client.address];
    const auto place = connections_.emplace(id, std::move(connection)).first;
    if (!watch(epoll_, number, id, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET)) {
        connections_.erase(place);
        return false;
    }
    ++of_address;
    Connection& admitted = *place->second;
    enter(admitted, Connection::Phase::head, Clock::now() + options_.deadlines.head);
    meter_.connections = connections_.size();
    return true;
}

// Closes the connection that has been idle, or at its head, for longest.
bool Reactor::make_room() {
    const Clock::time_point before = Clock::now() - kEvictableAfter;
    Connection* oldest = nullptr;
    for (const auto& [id, connection] : connections_) {
        const bool waits = connection->phase == Connection::Phase::idle ||
                           connection->phase == Connection::Phase::head;
        if (waits && connection->since < (oldest != nullptr ? oldest->since : before))
            oldest = connection.get();
    }
    if (oldest == nullptr)
        return false;
    ++meter_.evicted_connections;
    close(*oldest);
    return true;
}

bool Reactor::too_many_of(const std::string& address) const {
    if (is_loopback(address) && !options_.limits.limit_loopback)
        return false;
    const auto found = by_address_.find(address);
    return found != by_address_.end() && found->second >= options_.limits.connections_per_address;
}

void Reactor::stop_all() {
    using Phase = Connection::Phase;
    stopping_ = true;
    for (const auto& [id, connection] : connections_) {
        const bool begun = connection->phase == Phase::body ||
                           (connection->phase == Phase::head && !connection->received.empty());
        if (begun)
            refuse(*connection, {}, HttpError(503, "the server stops"), false);
        else if (connection->reads() || connection->phase == Phase::lingering)
            close(*connection);
        else if (connection->phase == Phase::running && connection->lasts)
            connection->stop.request_stop();
    }
}

void Reactor::abort_all() {
    for (const auto& [id, connection] : connections_) {
        if (connection->phase == Connection::Phase::running) {
            connection->stop.request_stop();
            shutdown(connection->channel->socket(), SHUT_RDWR);
        } else {
            close(*connection);
        }
    }
}

void Reactor::close(Connection& connection) {
    if (connection.phase == Connection::Phase::closed)
        return;
    release(connection);
    connection.phase = Connection::Phase::closed;
    connection.channel.reset();
    const auto of_address = by_address_.find(connection.client.address);
    if (--of_address->second == 0)
        by_address_.erase(of_address);
    dead_.push_back(connection.id);
}

}  // namespace parnas::http
