// SPDX-License-Identifier: Apache-2.0
#include "api/http/serving/acceptor.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <type_traits>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>
#include <httplib.h>

#include "core/error.h"

namespace parnas::http {
namespace {

// The library's own is 5, which a burst of clients overruns.
constexpr int kBacklog = 512;

// Runs what it is given at once: connections are handed over, not served, by the thread that
// accepts them.
class HandingOver : public httplib::TaskQueue {
  public:
    // Whether a task was taken; old releases do not ask.
    using Taken = decltype(std::declval<httplib::TaskQueue&>().enqueue(nullptr));

    Taken enqueue(std::function<void()> task) override {
        task();
        return Taken(true);
    }
    void shutdown() override {}
};

}  // namespace

// The library's server without its protocol, which it would begin in the function that is
// replaced here (docs/decisions/0011-http-server.md).
class Acceptor::Listener : public httplib::Server {
  public:
    explicit Listener(const Accepted& accepted) : accepted_(accepted) {
        new_task_queue = [] { return new HandingOver; };
        // Without its SO_REUSEPORT, by which two servers would share a port unawares.
        set_socket_options([](socket_t socket) {
            const int yes = 1;
            setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
        });
    }

    // The port, or -1.
    int bind(const std::string& address, std::uint16_t port) {
        if (port == 0)
            return bind_to_any_port(address);
        return bind_to_port(address, port) ? port : -1;
    }

    Descriptor duplicate() const { return Descriptor(fcntl(svr_sock_, F_DUPFD_CLOEXEC, 0)); }
    void take(const Descriptor& listening) {
        svr_sock_ = fcntl(listening.number(), F_DUPFD_CLOEXEC, 0);
    }

  private:
    bool process_and_close_socket(socket_t socket) override {
        Descriptor connection(socket);
        prepare(connection);
        accepted_(std::move(connection));
        return true;
    }

    const Accepted& accepted_;
};

Acceptor::Acceptor(const std::string& address, std::uint16_t port, Accepted accepted)
    : accepted_(std::move(accepted)), listener_(std::make_unique<Listener>(accepted_)) {
    const int bound = listener_->bind(address, port);
    if (bound < 0)
        throw Error(ErrorKind::unavailable, fmt::format("cannot listen at {}:{}", address, port));
    port_ = static_cast<std::uint16_t>(bound);
    socket_ = listener_->duplicate();
    if (socket_.number() < 0 || listen(socket_.number(), kBacklog) != 0)
        throw Error(ErrorKind::unavailable, fmt::format("cannot listen at {}:{}", address, port));
    thread_ = std::thread([this] { run(); });
}

Acceptor::~Acceptor() {
    stop();
}

void Acceptor::run() {
    // The library stops listening when a client is gone before it was accepted, or when the system
    // is short of memory. Then it starts over, with the socket that was kept.
    while (!stopping_) {
        listener_->listen_after_bind();
        if (stopping_)
            return;
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
        listener_ = std::make_unique<Listener>(accepted_);
        listener_->take(socket_);
    }
}

void Acceptor::stop() {
    if (!thread_.joinable())
        return;
    stopping_ = true;
    // Ends the thread's accept, since all descriptors are of one socket.
    shutdown(socket_.number(), SHUT_RDWR);
    thread_.join();
    listener_.reset();
    socket_ = Descriptor();
}

}  // namespace parnas::http
