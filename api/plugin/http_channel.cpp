// SPDX-License-Identifier: Apache-2.0
#include "api/plugin/http_channel.h"

#include <chrono>
#include <utility>

#include <fmt/format.h>

#include "api/client/http_client.h"
#include "core/error.h"

namespace parnas::plugin {
namespace {

using Clock = std::chrono::steady_clock;

class HttpChannel final : public Channel {
  public:
    explicit HttpChannel(std::shared_ptr<client::HttpClient> client) : client_(std::move(client)) {}

    std::variant<std::string, CallFault> call(const std::string& request,
                                              const CallTerms& terms) override {
        const Clock::time_point start = Clock::now();
        try {
            client::Answer answer = client_->send({.method = "POST",
                                                   .path = "/",
                                                   .body = request,
                                                   .timeout = terms.timeout,
                                                   .longest_answer = kMaxReplyBytes},
                                                  terms.stop);
            if (answer.status != 200)
                return CallFault{FaultKind::lied,
                                 fmt::format("it answered with status {}", answer.status)};
            return std::move(answer.body);
        } catch (const Error& error) {
            if (terms.stop.stop_requested())
                return CallFault{FaultKind::stopped, "stopped"};
            const bool late = Clock::now() - start >= terms.timeout;
            return CallFault{late ? FaultKind::timed_out : FaultKind::crashed, error.what()};
        }
    }

  private:
    std::shared_ptr<client::HttpClient> client_;
};

}  // namespace

ChannelFactory make_http_channels(const std::string& url) {
    return [client = std::make_shared<client::HttpClient>(client::HttpClientOptions{.url = url})] {
        return std::make_unique<HttpChannel>(client);
    };
}

}  // namespace parnas::plugin
