// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "api/http/serving/socket.h"

namespace parnas::http {

// What the bytes of one connection go over: the socket itself, or TLS on it (tls.h). Whoever has
// the exchange sends, else the reactor; never two at a time. Nothing here waits.
class Channel {
  public:
    explicit Channel(Descriptor socket) : socket_(std::move(socket)) {}
    virtual ~Channel() = default;
    Channel(const Channel&) = delete;
    Channel& operator=(const Channel&) = delete;

    // To wait on, and to be shut down when all is over; by any thread.
    int socket() const { return socket_.number(); }

    // What it takes now; nothing if the connection is gone. What it did not take has to be sent
    // next.
    virtual std::optional<std::size_t> send_now(std::string_view bytes) = 0;
    // How many bytes came, 0 at the end of what the client sends; nothing if none are there yet.
    // A connection that is gone gives 0 too.
    virtual std::optional<std::size_t> receive_now(char* buffer, std::size_t size) = 0;
    // Whether, after less than was asked for, nothing is left until the system tells of more.
    virtual bool gives_all() const = 0;
    // Says that nothing more will be sent.
    virtual void end_sending() = 0;

  private:
    Descriptor socket_;
};

std::unique_ptr<Channel> make_plain_channel(Descriptor socket);

}  // namespace parnas::http
