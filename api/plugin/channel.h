// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <variant>

#include "core/units.h"

namespace parnas::plugin {

// Why a call has no answer. `refused`: the plugin itself says so; after all else the channel is
// of no use any more.
enum class FaultKind { refused, stopped, timed_out, crashed, lied };

struct CallFault {
    FaultKind kind = FaultKind::crashed;
    std::string reason;
    int code = 0;  // of JSON-RPC; refused only
};

// How long one may wait.
struct CallTerms {
    Seconds timeout{60.0};
    std::stop_token stop;  // answered within a second
};

// One request after the other to a plugin, texts of JSON without line ends. Belongs to one
// thread at a time. After a fault it is thrown away.
class Channel {
  public:
    virtual ~Channel() = default;
    virtual std::variant<std::string, CallFault> call(const std::string& request,
                                                      const CallTerms& terms) = 0;
    // Whether it could take a request now, as far as one can tell without one.
    virtual bool usable() { return true; }
};

// How often who waits looks for a stop.
inline constexpr std::chrono::milliseconds kTick{50};
// What a reply may have in bytes.
inline constexpr std::size_t kMaxReplyBytes = 16UL << 20U;

// Gives a channel of its own to each caller. Throws Error if that cannot work at all.
using ChannelFactory = std::function<std::unique_ptr<Channel>()>;

}  // namespace parnas::plugin
