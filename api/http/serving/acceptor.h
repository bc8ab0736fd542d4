// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "api/http/serving/socket.h"

namespace parnas::http {

// Accepts connections on an address, on a thread of its own, until it is stopped.
class Acceptor {
  public:
    using Accepted = std::function<void(Descriptor)>;

    // `port` 0: the system picks one. Throws Error(unavailable) if the address cannot be had.
    // `accepted` gets each connection, prepared; called by the thread.
    Acceptor(const std::string& address, std::uint16_t port, Accepted accepted);
    ~Acceptor();

    std::uint16_t port() const { return port_; }
    // Nothing is accepted any more after it returns. May be called twice, by one thread at a time.
    void stop();

  private:
    class Listener;

    void run();

    Accepted accepted_;
    std::uint16_t port_ = 0;
    Descriptor socket_;  // that listens
    std::unique_ptr<Listener> listener_;
    std::atomic<bool> stopping_{false};
    std::thread thread_;
};

}  // namespace parnas::http
