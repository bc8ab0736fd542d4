// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <condition_variable>
#include <cstddef>
#include <exception>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "api/http/counters.h"
#include "api/http/serving/connection.h"
#include "api/http/serving/exchange.h"
#include "api/http/serving/tls.h"
#include "core/mutex.h"

namespace parnas::http {

// All connections, as long as no handler has them: one thread that reads requests whole before
// anybody works on them, sends what clients are slow to take, and closes what is idle or slow.
// So a slow client costs a descriptor and never a thread. Public functions are thread-safe.
class Reactor : public Connections {
  public:
    // Throws Error(unavailable) if the system has no descriptors left. `intake`, `meter` and
    // `tls`, which may be null, must outlive it.
    Reactor(const ServerOptions& options,
            std::size_t connection_limit,
            const Tls* tls,
            Intake& intake,
            Meter& meter);
    // No exchange may be out.
    ~Reactor() override;

    void add(Descriptor socket);
    void give_back(Answered answered) override;
    void lasts(ConnectionId connection) override;

    // Closes idle connections, refuses requests that are not whole yet, and asks exchanges that
    // last to end. Those that run go on.
    void begin_stop();
    // Asks all exchanges to end and breaks their connections.
    void abort();
    // Whether all connections were closed before `deadline`.
    bool wait_empty(Clock::time_point deadline);

  private:
    struct Mail {
        std::vector<Descriptor> arrived;
        std::vector<Answered> answered;
        std::vector<ConnectionId> lasting;
        bool stop = false;
        bool abort = false;
        bool end = false;
    };

    void run();
    void wait();
    // False at the end.
    bool read_mail();
    void sweep(Clock::time_point now);
    void bury();
    void wake() PARNAS_REQUIRES(mutex_);

    // Coming and going: reactor.cpp.
    void admit(Descriptor socket);
    bool try_admit(Descriptor& socket);
    bool make_room();
    bool too_many_of(const std::string& address) const;
    void stop_all();
    void abort_all();
    void close(Connection& connection);
    void on_deadline(Connection& connection, Clock::time_point now);

    // The way of a request: reactor_requests.cpp.
    // Does the step, and closes the connection if there is no memory for it.
    template <typename Step>
    void guard(Connection& connection, Step step) {
        try {
            step();
        } catch (const std::exception&) {
            // An exchange that is out will come back.
            if (connection.phase != Connection::Phase::running)
                close(connection);
        }
    }

    void advance(Connection& connection);
    void go_on(Connection& connection);
    void receive(Connection& connection);
    void drain(Connection& connection);
    void read_requests(Connection& connection);
    bool read_head(Connection& connection);
    void begin_request(Connection& connection, RequestHead head);
    void read_body(Connection& connection);
    void start(Connection& connection);
    void take_back(Answered answered);
    void hold(Connection& connection, std::size_t bytes);
    void release(Connection& connection);
    void refuse(Connection& connection,
                const RequestHead& head,
                const HttpError& error,
                bool keep_alive);
    void answer(Connection& connection, std::string bytes, bool keep_alive);
    void send(Connection& connection);
    void await_next(Connection& connection);
    void enter(Connection& connection, Connection::Phase phase, Clock::time_point deadline);

    const ServerOptions& options_;
    const std::size_t connection_limit_;
    const Tls* const tls_;
    Intake& intake_;
    Meter& meter_;
    Descriptor epoll_;
    Descriptor bell_;  // an event descriptor that tells of mail

    // Of the thread alone.
    std::unordered_map<ConnectionId, std::unique_ptr<Connection>> connections_;
    std::map<std::string, std::size_t, std::less<>> by_address_;
    std::vector<ConnectionId> again_;  // that have more to be read at once
    std::vector<ConnectionId> dead_;
    ConnectionId last_id_ = 0;
    std::size_t held_bytes_ = 0;
    bool stopping_ = false;
    Clock::time_point next_sweep_ = Clock::time_point::max();
    Clock::time_point last_sweep_;
    std::array<char, 64 << 10> buffer_;

    Mutex mutex_;
    std::condition_variable_any empty_;
    Mail mail_ PARNAS_GUARDED_BY(mutex_);
    bool rung_ PARNAS_GUARDED_BY(mutex_) = false;
    std::size_t open_ PARNAS_GUARDED_BY(mutex_) = 0;  // connections, with those in the mail

    std::thread thread_;
};

}  // namespace parnas::http
