// SPDX-License-Identifier: Apache-2.0
#include "core/trial.h"

#include <array>

#include <fmt/format.h>

#include "core/error.h"

namespace parnas {
namespace {

// In the order of the enumerators.
constexpr std::array<std::string_view, 2> kStages{"search", "finalist"};
constexpr std::array<std::string_view, 6> kFailureKinds{"infeasible",
                                                        "diverged",
                                                        "out_of_memory",
                                                        "timed_out",
                                                        "crashed",
                                                        "cancelled"};
constexpr std::array<std::string_view, 5> kTrialStates{"waiting",
                                                       "running",
                                                       "complete",
                                                       "pruned",
                                                       "fail"};
constexpr std::array<std::string_view, 2> kDirections{"minimize", "maximize"};

template <typename Enum, std::size_t n>
std::string_view word_of(const std::array<std::string_view, n>& words, Enum value) {
    return words.at(static_cast<std::size_t>(value));
}

template <typename Enum, std::size_t n>
Enum enum_of(const std::array<std::string_view, n>& words,
             std::string_view what,
             std::string_view word) {
    for (std::size_t i = 0; i < n; ++i)
        if (words[i] == word)
            return static_cast<Enum>(i);
    throw Error(
        ErrorKind::invalid_input,
        fmt::format("'{}' is not a {}; expected one of: {}", word, what, fmt::join(words, ", ")));
}

[[noreturn]] void refuse_time(std::string_view text) {
    throw Error(
        ErrorKind::invalid_input,
        fmt::format("expected a time such as '2026-11-21 00:10:43.206181', got '{}'", text));
}

// The number in the digits text[at, at + size).
int digits(std::string_view text, std::size_t at, std::size_t size) {
    int value = 0;
    for (const char c : text.substr(at, size)) {
        if (c < '0' || c > '9')
            refuse_time(text);
        value = value * 10 + (c - '0');
    }
    return value;
}

}  // namespace

std::string_view to_string(Stage stage) {
    return word_of(kStages, stage);
}
std::string_view to_string(FailureKind kind) {
    return word_of(kFailureKinds, kind);
}
std::string_view to_string(TrialState state) {
    return word_of(kTrialStates, state);
}
std::string_view to_string(Direction direction) {
    return word_of(kDirections, direction);
}

Stage stage_from_string(std::string_view word) {
    return enum_of<Stage>(kStages, "stage", word);
}
FailureKind failure_kind_from_string(std::string_view word) {
    return enum_of<FailureKind>(kFailureKinds, "kind of failure", word);
}
TrialState trial_state_from_string(std::string_view word) {
    return enum_of<TrialState>(kTrialStates, "trial state", word);
}
Direction direction_from_string(std::string_view word) {
    return enum_of<Direction>(kDirections, "direction", word);
}

TimePoint now() {
    return std::chrono::time_point_cast<std::chrono::microseconds>(
        std::chrono::system_clock::now());
}

std::string to_string(TimePoint time) {
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(time - day);
    // Stores write several of these for each trial, and fmt takes four times as long.
    std::string text = fmt::format("{:04}", static_cast<int>(date.year()));
    const std::size_t after_year = text.size();
    text += "-00-00 00:00:00.000000";
    const auto put = [&](std::size_t at, std::size_t digits, auto number) {
        for (at += after_year + digits; digits > 0; --digits, number /= 10)
            text[--at] = static_cast<char>('0' + number % 10);
    };
    put(1, 2, static_cast<unsigned>(date.month()));
    put(4, 2, static_cast<unsigned>(date.day()));
    put(7, 2, clock.hours().count());
    put(10, 2, clock.minutes().count());
    put(13, 2, clock.seconds().count());
    put(16, 6, clock.subseconds().count());
    return text;
}

TimePoint time_from_string(std::string_view text) {
    const std::string_view form = "....-..-.. ..:..:..";
    const bool has_fraction = text.size() == form.size() + 7 && text[form.size()] == '.';
    if (text.size() != form.size() && !has_fraction)
        refuse_time(text);
    for (std::size_t i = 0; i < form.size(); ++i)
        if (form[i] != '.' && form[i] != text[i])
            refuse_time(text);
    const std::chrono::year_month_day date(
        std::chrono::year(digits(text, 0, 4)),
        std::chrono::month(static_cast<unsigned>(digits(text, 5, 2))),
        std::chrono::day(static_cast<unsigned>(digits(text, 8, 2))));
    const int hours = digits(text, 11, 2);
    const int minutes = digits(text, 14, 2);
    const int seconds = digits(text, 17, 2);
    if (!date.ok() || hours > 23 || minutes > 59 || seconds > 59)
        refuse_time(text);
    return std::chrono::sys_days(date) + std::chrono::hours(hours) + std::chrono::minutes(minutes) +
           std::chrono::seconds(seconds) +
           std::chrono::microseconds(has_fraction ? digits(text, form.size() + 1, 6) : 0);
}

}  // namespace parnas
