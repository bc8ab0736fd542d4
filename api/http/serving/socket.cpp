// SPDX-License-Identifier: Apache-2.0
#include "api/http/serving/socket.h"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace parnas::http {
namespace {

bool would_block(int error) {
    return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

std::string text_of(int family, const void* address) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    return inet_ntop(family, address, text.data(), text.size()) == nullptr ? "" : text.data();
}

}  // namespace

Descriptor::~Descriptor() {
    if (number_ >= 0)
        close(number_);
}

void prepare(const Descriptor& socket) {
    const int yes = 1;
    fcntl(socket.number(), F_SETFL, fcntl(socket.number(), F_GETFL) | O_NONBLOCK);
    fcntl(socket.number(), F_SETFD, FD_CLOEXEC);
    setsockopt(socket.number(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    // What a client that has vanished does not confirm breaks the connection.
    const unsigned int milliseconds = 30'000;
    setsockopt(socket.number(), IPPROTO_TCP, TCP_USER_TIMEOUT, &milliseconds, sizeof milliseconds);
}

std::string peer_address(const Descriptor& socket) {
    sockaddr_storage peer{};
    socklen_t size = sizeof peer;
    if (getpeername(socket.number(), reinterpret_cast<sockaddr*>(&peer), &size) != 0)
        return {};
    if (peer.ss_family == AF_INET) {
        sockaddr_in v4{};
        std::memcpy(&v4, &peer, sizeof v4);
        return text_of(AF_INET, &v4.sin_addr);
    }
    if (peer.ss_family != AF_INET6)
        return {};
    sockaddr_in6 v6{};
    std::memcpy(&v6, &peer, sizeof v6);
    if (!IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr))
        return text_of(AF_INET6, &v6.sin6_addr);
    constexpr std::size_t kPrefix = 12;  // of ::ffff:a.b.c.d
    return text_of(AF_INET, v6.sin6_addr.s6_addr + kPrefix);
}

bool is_loopback(std::string_view address) {
    in_addr v4{};
    if (inet_pton(AF_INET, std::string(address).c_str(), &v4) == 1)
        return (ntohl(v4.s_addr) >> 24) == 127;
    return address == "::1";
}

std::optional<std::size_t> send_now(int socket, std::string_view bytes) {
    std::size_t sent = 0;
    while (sent < bytes.size()) {
        const ssize_t count =
            send(socket, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0 && !would_block(errno))
            return std::nullopt;
        if (count <= 0)
            break;
        sent += static_cast<std::size_t>(count);
    }
    return sent;
}

std::optional<std::size_t> receive_now(int socket, char* buffer, std::size_t size) {
    const ssize_t count = recv(socket, buffer, size, MSG_DONTWAIT);
    if (count >= 0)
        return static_cast<std::size_t>(count);
    return would_block(errno) ? std::nullopt : std::optional<std::size_t>(0);
}

bool wait_writable(int socket, Clock::time_point deadline) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
    pollfd waiting{socket, POLLOUT, 0};
    const int timeout = static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 60'000));
    return poll(&waiting, 1, timeout) > 0;
}

}  // namespace parnas::http
