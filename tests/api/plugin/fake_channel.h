// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>

#include "api/plugin/plugin.h"

namespace parnas::tests {

using Answering = std::function<std::variant<std::string, plugin::CallFault>(const Json& request)>;

// A plugin whose replies a function makes, in this process.
inline std::shared_ptr<const plugin::Plugin> fake_plugin(Answering answer) {
    class FakeChannel final : public plugin::Channel {
      public:
        explicit FakeChannel(Answering answer) : answer_(std::move(answer)) {}
        std::variant<std::string, plugin::CallFault> call(const std::string& request,
                                                          const plugin::CallTerms&) override {
            return answer_(parse_json(request, "request"));
        }

      private:
        Answering answer_;
    };
    return std::make_shared<const plugin::Plugin>(
        plugin::PluginDocument{.name = "fake"},
        [answer = std::move(answer)] { return std::make_unique<FakeChannel>(answer); },
        plugin::Patience{.first = Seconds{0}, .longest = Seconds{0}});
}

// The reply to `request` with this result.
inline std::string reply_text(const Json& request, const Json& result) {
    return dump_json({{"jsonrpc", "2.0"}, {"id", request["id"]}, {"result", result}});
}

}  // namespace parnas::tests
