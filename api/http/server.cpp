// SPDX-License-Identifier: Apache-2.0
#include "api/http/server.h"

#include <algorithm>
#include <arpa/inet.h>
#include <sys/resource.h>
#include <utility>

#include <fmt/format.h>

#include "api/http/serving/acceptor.h"
#include "api/http/serving/dispatcher.h"
#include "api/http/serving/reactor.h"
#include "api/http/serving/tls.h"
#include "core/error.h"

namespace parnas::http {
namespace {

constexpr Milliseconds kDestructorDeadline{5'000};
// For handlers to see that they are to stop.
constexpr Milliseconds kGrace{1'000};
// What the rest of the process may have open besides connections.
constexpr std::size_t kOtherFiles = 128;

std::string numeric_address(const ServerOptions& options) {
    const std::string address = options.address == "localhost" ? "127.0.0.1" : options.address;
    in6_addr ignored{};
    if (inet_pton(AF_INET, address.c_str(), &ignored) != 1 &&
        inet_pton(AF_INET6, address.c_str(), &ignored) != 1)
        throw Error(ErrorKind::invalid_input, "not an IP address", address);
    if (!is_loopback(address) && !options.allow_remote)
        throw Error(ErrorKind::unauthorized,
                    "others than this machine could reach the server without saying who they are",
                    address);
    return address;
}

std::size_t possible_connections(const Limits& limits) {
    rlimit files{};
    if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur == RLIM_INFINITY)
        return limits.connections;
    const std::size_t others = kOtherFiles + limits.reserved_connections;
    return std::min(
        limits.connections,
        files.rlim_cur > others ? static_cast<std::size_t>(files.rlim_cur) - others : 1);
}

}  // namespace

class Server::Impl {
  public:
    Impl(std::vector<Route> routes, ServerOptions given)
        : options(std::move(given)),
          address(numeric_address(options)),
          connection_limit(possible_connections(options.limits)),
          tls(options.tls ? make_tls(*options.tls) : nullptr),
          dispatcher(std::move(routes), options, meter),
          reactor(options, connection_limit, tls.get(), dispatcher, meter),
          acceptor(address, options.port, [this](Descriptor socket) {
              reactor.add(std::move(socket));
          }) {}

    ~Impl() {
        acceptor.stop();
        // Handlers give sockets back to the reactor, which therefore goes after their threads.
        dispatcher.join();
    }

    const ServerOptions options;
    const std::string address;
    const std::size_t connection_limit;
    const std::unique_ptr<Tls> tls;  // none: HTTP as it is
    Meter meter;
    Dispatcher dispatcher;
    Reactor reactor;
    Acceptor acceptor;
};

Server::Server(std::vector<Route> routes, ServerOptions options)
    : impl_(std::make_unique<Impl>(std::move(routes), std::move(options))) {}

Server::~Server() {
    stop(kDestructorDeadline);
}

std::uint16_t Server::port() const {
    return impl_->acceptor.port();
}

std::string Server::url() const {
    const std::string& host = impl_->address;
    const bool is_v6 = host.find(':') != std::string::npos;
    return fmt::format("{}://{}:{}",
                       impl_->options.tls ? "https" : "http",
                       is_v6 ? '[' + host + ']' : host,
                       port());
}

bool Server::stop(Milliseconds deadline) {
    const Clock::time_point end = Clock::now() + deadline;
    impl_->acceptor.stop();
    impl_->dispatcher.begin_stop();
    impl_->reactor.begin_stop();
    if (impl_->reactor.wait_empty(end))
        return true;
    impl_->reactor.abort();
    impl_->reactor.wait_empty(Clock::now() + kGrace);
    return false;
}

Counters Server::counters() const {
    Counters counters = impl_->meter.snapshot();
    counters.connection_limit = impl_->connection_limit;
    counters.queued = impl_->dispatcher.queued();
    counters.streams = impl_->dispatcher.streams();
    return counters;
}

}  // namespace parnas::http
