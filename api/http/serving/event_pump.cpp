// SPDX-License-Identifier: Apache-2.0
#include "api/http/serving/event_pump.h"

#include <string_view>

#include "api/http/serving/pace.h"
#include "api/http/serving/socket.h"
#include "core/error.h"

namespace parnas::http {
namespace {

// How long a browser waits before it connects again.
constexpr std::string_view kRetry = "retry: 1000\n\n";
constexpr std::string_view kPing = ": ping\n\n";
// How long sending to a full socket may overlook that it is to stop.
constexpr Milliseconds kStopSlice{100};
constexpr Milliseconds kLongestBatch{600'000};

bool is_single_line(std::string_view text) {
    return text.find_first_of(std::string_view("\r\n\0", 3)) == text.npos;
}

// Null if all was sent.
std::optional<StreamEnd> send_all(Channel& channel,
                                  std::string_view bytes,
                                  const Deadlines& deadlines,
                                  const std::stop_token& stop) {
    Pace pace(Clock::now(), deadlines.slow, deadlines.slow_bytes, kLongestBatch);
    for (;;) {
        const std::optional<std::size_t> sent = channel.send_now(bytes);
        if (!sent)
            return StreamEnd::gone;
        bytes.remove_prefix(*sent);
        pace.moved(*sent);
        if (bytes.empty())
            return std::nullopt;
        if (stop.stop_requested())
            return StreamEnd::stopped;
        const Clock::time_point now = Clock::now();
        if (pace.is_slow(now))
            return StreamEnd::slow;
        wait_writable(channel.socket(), std::min(pace.deadline(), now + kStopSlice));
    }
}

}  // namespace

std::string to_text(const Event& event) {
    check(is_single_line(event.id) && is_single_line(event.type),
          "an event's id has several lines");
    std::string text;
    if (!event.id.empty())
        text += "id: " + event.id + '\n';
    if (!event.type.empty())
        text += "event: " + event.type + '\n';
    std::string_view rest = event.data;
    for (;;) {
        const std::size_t end = rest.find_first_of("\r\n");
        text += "data: ";
        text += rest.substr(0, end);
        text += '\n';
        if (end == rest.npos)
            break;
        rest.remove_prefix(end + (rest.substr(end).starts_with("\r\n") ? 2 : 1));
    }
    return text + '\n';
}

Pumped pump_events(Channel& channel,
                   std::string head,
                   EventSource& source,
                   const Deadlines& deadlines,
                   const std::stop_token& stop) {
    Pumped pumped;
    std::string text = std::move(head);
    text += kRetry;
    for (;;) {
        if (const std::optional<StreamEnd> end = send_all(channel, text, deadlines, stop)) {
            pumped.end = *end;
            break;
        }
        pumped.bytes += text.size();
        if (stop.stop_requested()) {
            pumped.end = StreamEnd::stopped;
            break;
        }
        const Clock::time_point ping = Clock::now() + deadlines.ping;
        const std::optional<std::vector<Event>> events = source.next(ping, stop);
        if (!events)
            break;
        text.clear();
        for (const Event& event : *events)
            text += to_text(event);
        if (events->empty() && Clock::now() >= ping)
            text = kPing;
    }
    return pumped;
}

}  // namespace parnas::http
