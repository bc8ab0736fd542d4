// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <arpa/inet.h>
#include <cerrno>
#include <cstdint>
#include <netinet/in.h>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>
#include <utility>

#include "api/http/headers.h"

namespace parnas::tests {

struct Answer {
    int status = 0;  // 0: the connection ended before a head was there
    http::Headers headers;
    std::string body;

    std::string header(std::string_view name) const {
        const std::string* value = headers.find(name);
        return value == nullptr ? "" : *value;
    }
};

// A connection that sends what it is told to, byte by byte. Reading ends after twenty seconds.
class RawClient {
  public:
    explicit RawClient(std::uint16_t port, int receive_buffer = 0)
        : socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        const timeval limit{.tv_sec = 20, .tv_usec = 0};
        setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
        if (receive_buffer > 0)
            setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
            close(socket_);
            throw std::runtime_error("cannot connect");
        }
    }
    RawClient(RawClient&& other) noexcept
        : socket_(std::exchange(other.socket_, -1)), received_(std::move(other.received_)) {}
    RawClient& operator=(RawClient&&) = delete;
    ~RawClient() {
        if (socket_ >= 0)
            close(socket_);
    }

    // False if the server has closed the connection.
    bool send(std::string_view bytes) {
        while (!bytes.empty()) {
            const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (sent <= 0)
                return false;
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        }
        return true;
    }

    void end_sending() { shutdown(socket_, SHUT_WR); }

    // False at the end of what the server sends.
    bool receive() {
        char buffer[16 << 10];
        const ssize_t size = recv(socket_, buffer, sizeof buffer, 0);
        if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            throw std::runtime_error("the server neither answers nor closes");
        if (size <= 0)
            return false;
        received_.append(buffer, static_cast<std::size_t>(size));
        return true;
    }

    // What came up to and with `mark`; everything if the connection ended before.
    std::string read_until(std::string_view mark) {
        std::size_t found = received_.find(mark);
        while (found == received_.npos && receive())
            found = received_.find(mark);
        const std::size_t size = found == received_.npos ? received_.size() : found + mark.size();
        std::string text = received_.substr(0, size);
        received_.erase(0, size);
        return text;
    }

    std::string read_bytes(std::size_t size) {
        while (received_.size() < size && receive()) {
        }
        std::string text = received_.substr(0, size);
        received_.erase(0, text.size());
        return text;
    }

    // Everything until the server closes.
    std::string read_all() {
        while (receive()) {
        }
        return std::exchange(received_, {});
    }

    // The next answer; `with_body` false for one to HEAD.
    Answer read_answer(bool with_body = true) {
        Answer answer;
        const std::string head = read_until("\r\n\r\n");
        if (!head.starts_with("HTTP/1.1 ") || !head.ends_with("\r\n\r\n"))
            return answer;
        answer.status = std::stoi(head.substr(9, 3));
        for (std::size_t at = head.find("\r\n") + 2; head.substr(at, 2) != "\r\n";) {
            const std::size_t end = head.find("\r\n", at);
            const std::size_t colon = head.find(": ", at);
            answer.headers.add(head.substr(at, colon - at),
                               head.substr(colon + 2, end - colon - 2));
            at = end + 2;
        }
        const std::string length = answer.header("Content-Length");
        if (with_body && !length.empty())
            answer.body = read_bytes(std::stoul(length));
        return answer;
    }

  private:
    int socket_;
    std::string received_;
};

inline std::string request_text(std::string_view line,
                                std::string_view headers = {},
                                std::string_view body = {}) {
    std::string text(line);
    text += " HTTP/1.1\r\nHost: parnas\r\n";
    text += headers;
    if (!body.empty())
        text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
    text += "\r\n";
    text += body;
    return text;
}

// One request on a connection of its own, as "GET /path"; `headers` with their line ends.
inline Answer ask(std::uint16_t port,
                  std::string_view line,
                  std::string_view headers = {},
                  std::string_view body = {}) {
    RawClient client(port);
    client.send(request_text(line, headers, body));
    return client.read_answer(!line.starts_with("HEAD"));
}

}  // namespace parnas::tests
