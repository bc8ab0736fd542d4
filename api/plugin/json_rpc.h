// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "api/plugin/channel.h"
#include "core/json.h"

namespace parnas::plugin {

// The plugin does not know the session: it was started again, or forgot.
inline constexpr int kUnknownSession = -32001;

std::string request_text(std::int64_t id, std::string_view method, const Json& params);

// The result of the reply to request `id`, read as a stranger's: of bounded size and depth, JSON
// (with the NaN and Infinity that Python writes, as texts), of the form that JSON-RPC 2.0 says,
// and to this request.
std::variant<Json, CallFault> read_reply(std::string_view text, std::int64_t id);

// "expected a list of 3 answers, got a list of 2": what is wrong with the answers to a batch.
std::string wrong_list(const Json& answers, std::size_t expected);

}  // namespace parnas::plugin
