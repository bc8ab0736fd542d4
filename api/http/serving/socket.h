// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "api/http/event_source.h"

namespace parnas::http {

// An open descriptor, closed with the object.
class Descriptor {
  public:
    Descriptor() = default;
    explicit Descriptor(int number) : number_(number) {}
    ~Descriptor();
    Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
    Descriptor& operator=(Descriptor&& other) noexcept {
        std::swap(number_, other.number_);
        return *this;
    }

    int number() const { return number_; }

  private:
    int number_ = -1;
};

// A connection that was accepted: does not block, does not wait for more to send, notices within
// half a minute that the client has vanished, is not inherited by programs.
void prepare(const Descriptor& socket);

// "127.0.0.1", "::1"; IPv4 as such also if it came by IPv6. Empty if the client has gone.
std::string peer_address(const Descriptor& socket);
bool is_loopback(std::string_view address);

// What the socket takes now; nothing if the connection is gone.
std::optional<std::size_t> send_now(int socket, std::string_view bytes);
// How many bytes came, 0 at the end of what the client sends; nothing if none are there yet.
// A connection that is gone gives 0 too.
std::optional<std::size_t> receive_now(int socket, char* buffer, std::size_t size);
// Whether it takes something before `deadline`.
bool wait_writable(int socket, Clock::time_point deadline);

}  // namespace parnas::http
