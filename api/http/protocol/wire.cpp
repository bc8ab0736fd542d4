// SPDX-License-Identifier: Apache-2.0
#include "api/http/protocol/wire.h"

#include <algorithm>
#include <array>
#include <ctime>
#include <string_view>

#include <fmt/format.h>

#include "api/http/problem.h"
#include "api/http/protocol/request_head.h"
#include "core/error.h"

namespace parnas::http {
namespace {

// "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110, section 5.6.7), whatever the locale.
std::string http_date(std::time_t now) {
    constexpr std::array<std::string_view, 7> kDays = {
        "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    constexpr std::array<std::string_view, 12> kMonths = {
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    std::tm utc{};
    gmtime_r(&now, &utc);
    return fmt::format("{}, {:02} {} {} {:02}:{:02}:{:02} GMT",
                       kDays[static_cast<std::size_t>(utc.tm_wday)],
                       utc.tm_mday,
                       kMonths[static_cast<std::size_t>(utc.tm_mon)],
                       utc.tm_year + 1900,
                       utc.tm_hour,
                       utc.tm_min,
                       utc.tm_sec);
}

// The server writes these itself.
constexpr std::string_view kOwn[] = {"Connection", "Content-Length", "Transfer-Encoding"};

bool can_be_sent(const Field& line) {
    const auto control = [](unsigned char c) { return (c < 0x20 && c != '\t') || c == 0x7F; };
    const auto same = [&](std::string_view name) { return equal_ignoring_case(name, line.name); };
    return is_token(line.name) && std::ranges::none_of(line.value, control) &&
           std::ranges::none_of(kOwn, same);
}

void append(std::string& bytes, std::string_view name, std::string_view value) {
    bytes += name;
    bytes += ": ";
    bytes += value;
    bytes += "\r\n";
}

}  // namespace

std::string to_wire(const Response& response, const WireOptions& options) {
    check(response.status >= 200 && response.status < 600, "a response has no such status");
    const bool has_length = !response.events && response.status != 204 && response.status != 304;
    std::string bytes;
    bytes.reserve(512 + (options.without_body ? 0 : response.body.size()));
    bytes = fmt::format("HTTP/1.1 {} {}\r\n", response.status, reason_phrase(response.status));
    for (const Field& line : response.headers.lines()) {
        check(can_be_sent(line), fmt::format("the header '{}' cannot be sent", line.name));
        append(bytes, line.name, line.value);
    }
    const auto add = [&](std::string_view name, std::string_view value) {
        if (response.headers.find(name) == nullptr)
            append(bytes, name, value);
    };
    const auto now = std::chrono::system_clock::now();
    add("Date", http_date(std::chrono::system_clock::to_time_t(now)));
    add("Cache-Control", "no-store");
    add("X-Content-Type-Options", "nosniff");
    add("X-Request-Id", options.id);
    if (response.events)
        add("Content-Type", "text/event-stream");
    if (has_length)
        append(bytes, "Content-Length", std::to_string(response.body.size()));
    append(bytes, "Connection", options.close ? "close" : "keep-alive");
    bytes += "\r\n";
    if (has_length && !options.without_body)
        bytes += response.body;
    return bytes;
}

}  // namespace parnas::http
