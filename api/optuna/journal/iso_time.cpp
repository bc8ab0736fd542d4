// SPDX-License-Identifier: Apache-2.0
#include "api/optuna/journal/iso_time.h"

#include <charconv>
#include <ctime>

#include <fmt/format.h>

#include "core/error.h"

namespace parnas::optuna {
namespace {

constexpr std::size_t kDateAndTime = 19;  // "2026-11-21T00:10:43"

[[noreturn]] void refuse(std::string_view text) {
    throw Error(
        ErrorKind::invalid_input,
        fmt::format("expected a time such as 2026-11-21T00:10:43.206181+00:00, got '{}'", text));
}

// Of exactly two digits.
int two_digits(std::string_view text, std::size_t at, std::string_view whole) {
    int number = -1;
    const std::string_view digits = text.substr(std::min(at, text.size()), 2);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (digits.size() != 2 || error != std::errc() || end != digits.data() + 2 || number < 0)
        refuse(whole);
    return number;
}

// "+05:30", "-0800" or "Z".
std::chrono::minutes offset_of(std::string_view text, std::string_view whole) {
    if (text == "Z")
        return {};
    const bool colon = text.size() == 6 && text[3] == ':';
    if (!colon && text.size() != 5)
        refuse(whole);
    const std::chrono::minutes ahead = std::chrono::hours(two_digits(text, 1, whole)) +
                                       std::chrono::minutes(two_digits(text, colon ? 4 : 3, whole));
    return text.front() == '-' ? -ahead : ahead;
}

// What a clock on this machine's wall showed at that moment, taken back.
TimePoint from_local(TimePoint wall) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(wall);
    const std::time_t as_utc = seconds.time_since_epoch().count();
    std::tm parts{};
    gmtime_r(&as_utc, &parts);
    parts.tm_isdst = -1;
    return TimePoint(std::chrono::seconds(std::mktime(&parts))) + (wall - seconds);
}

}  // namespace

std::string to_iso(TimePoint time) {
    std::string text = to_string(time) + "+00:00";
    text[10] = 'T';
    return text;
}

TimePoint from_iso(std::string_view text) {
    const std::size_t sign = text.find_first_of("+-Z", kDateAndTime);
    std::string clock(text.substr(0, sign));
    if (clock.size() < kDateAndTime || (clock[10] != 'T' && clock[10] != ' '))
        refuse(text);
    clock[10] = ' ';
    const TimePoint wall = time_from_string(clock);
    if (sign == std::string_view::npos)
        return from_local(wall);
    return wall - offset_of(text.substr(sign), text);
}

}  // namespace parnas::optuna
