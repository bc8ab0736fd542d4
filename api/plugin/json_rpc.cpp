// SPDX-License-Identifier: Apache-2.0
#include "api/plugin/json_rpc.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "api/plugin/printable.h"
#include "core/error.h"
#include "core/json_limits.h"
#include "core/object_reader.h"
#include "core/python_json.h"

namespace parnas::plugin {
namespace {

constexpr JsonLimits kLimits{};
constexpr std::size_t kQuoted = 80;

CallFault lie(const std::string& what, std::string_view text) {
    std::string start = printable(text.substr(0, kQuoted));
    // Half a character at the end would make the reason no UTF-8.
    for (char& c : start)
        if (static_cast<unsigned char>(c) >= 0x80)
            c = '?';
    return {FaultKind::lied,
            fmt::format("{}\nit answered: {}{}", what, start, text.size() > kQuoted ? "..." : "")};
}

CallFault refusal(ObjectReader& reply, Faults& faults) {
    ObjectReader error(*reply.find("error"), "/error", faults);
    CallFault fault{
        .kind = FaultKind::refused,
        .reason = printable(error.text("message")),
        .code = static_cast<int>(error.integer("code", {.low = -1'000'000, .high = 1'000'000}))};
    error.find("data");
    error.finish();
    return fault;
}

}  // namespace

std::string request_text(std::int64_t id, std::string_view method, const Json& params) {
    // A document of all four would copy the params, which may be a thousand networks.
    return fmt::format(R"({{"jsonrpc":"2.0","id":{},"method":{},"params":{}}})",
                       id,
                       dump_json(method),
                       dump_json(params));
}

std::variant<Json, CallFault> read_reply(std::string_view text, std::int64_t id) {
    if (text.size() > kMaxReplyBytes)
        return lie(fmt::format("its reply is longer than {} MiB", kMaxReplyBytes >> 20U), text);
    if (const auto excess = find_excess(text, kLimits))
        return lie("its reply is refused: " + *excess, text);
    try {
        Json json = parse_json(quote_python_numbers(text), "");
        Faults faults;
        ObjectReader reply(json, "", faults);
        if (reply.text("jsonrpc") != "2.0" && faults.empty())
            reply.fault("jsonrpc", "expected 2.0");
        const Json* echoed = reply.need("id");
        const bool is_refusal = reply.has("error");
        // What could not read the request could not read its id.
        if (echoed != nullptr && *echoed != Json(id) && !(is_refusal && echoed->is_null()))
            reply.fault("id", fmt::format("expected {}, got {}", id, dump_json(*echoed)));
        std::variant<Json, CallFault> result;
        if (is_refusal)
            result = refusal(reply, faults);
        else
            reply.need("result");
        reply.finish();
        faults.throw_if_any();
        if (!is_refusal)
            result = std::move(json["result"]);
        return result;
    } catch (const Error& error) {
        return lie(fmt::format("its reply is none of JSON-RPC 2.0: {}", error.what()), text);
    }
}

std::string wrong_list(const Json& answers, std::size_t expected) {
    return fmt::format("expected a list of {} answers, got {}",
                       expected,
                       answers.is_array() ? fmt::format("one of {}", answers.size())
                                          : std::string(type_name(answers)));
}

}  // namespace parnas::plugin
