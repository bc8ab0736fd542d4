// SPDX-License-Identifier: Apache-2.0
#include "api/http/serving/channel.h"

#include <sys/socket.h>
#include <utility>

namespace parnas::http {
namespace {

class PlainChannel final : public Channel {
  public:
    using Channel::Channel;

    std::optional<std::size_t> send_now(std::string_view bytes) override {
        return http::send_now(socket(), bytes);
    }
    std::optional<std::size_t> receive_now(char* buffer, std::size_t size) override {
        return http::receive_now(socket(), buffer, size);
    }
    bool gives_all() const override { return true; }
    void end_sending() override { shutdown(socket(), SHUT_WR); }
};

}  // namespace

std::unique_ptr<Channel> make_plain_channel(Descriptor socket) {
    return std::make_unique<PlainChannel>(std::move(socket));
}

}  // namespace parnas::http
