// SPDX-License-Identifier: Apache-2.0
#include "core/log.h"

#include <algorithm>
#include <cerrno>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/json.h"

namespace parnas {
namespace {

// RFC 3339 with milliseconds.
std::string to_rfc3339(TimePoint time) {
    std::string text = to_string(time).substr(0, sizeof "2026-11-21 00:10:43.206" - 1);
    text[text.find(' ')] = 'T';
    return text + 'Z';
}

Json to_json(const LogField& field) {
    return std::visit([](const auto& value) { return Json(value); }, field.value);
}

// Escapes what is neither visible ASCII nor a space, and replaces what is no UTF-8.
std::string quoted(const Json& json) {
    return json.dump(-1, ' ', true, Json::error_handler_t::replace);
}

bool is_plain(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) {
        return c > ' ' && c < '\x7f' && c != '"' && c != '=' && c != '\\';
    });
}

std::string bare(const Json& json) {
    if (json.is_string() && is_plain(json.get_ref<const std::string&>()))
        return json.get<std::string>();
    return quoted(json);
}

}  // namespace

std::string_view to_string(LogLevel level) {
    switch (level) {
        case LogLevel::debug:
            return "debug";
        case LogLevel::info:
            return "info";
        case LogLevel::warning:
            return "warning";
        case LogLevel::error:
            break;
    }
    return "error";
}

std::string to_line(const LogEntry& entry, LogFormat format) {
    if (format == LogFormat::text) {
        std::string line =
            fmt::format("{} {:7} {}", to_rfc3339(entry.time), to_string(entry.level), entry.event);
        for (const LogField& field : entry.fields)
            line += fmt::format(" {}={}", field.name, bare(to_json(field)));
        return line + '\n';
    }
    Json json{{"time", to_rfc3339(entry.time)},
              {"level", to_string(entry.level)},
              {"event", entry.event}};
    for (const LogField& field : entry.fields)
        json[field.name] = to_json(field);
    return quoted(json) + '\n';
}

Log::Log(Sink sink, Options options) : sink_(std::move(sink)), options_(options) {
    thread_ = std::thread([this] { loop(); });
}

Log::~Log() {
    {
        const MutexLock lock(mutex_);
        closing_ = true;
    }
    wake_.notify_one();
    thread_.join();
}

void Log::write(LogLevel level, std::string event, std::vector<LogField> fields) {
    if (!takes(level))
        return;
    LogEntry entry{
        .time = now(), .level = level, .event = std::move(event), .fields = std::move(fields)};
    bool first = false;
    {
        const MutexLock lock(mutex_);
        if (waiting_.size() >= options_.most_waiting) {
            ++lost_;
            return;
        }
        first = waiting_.empty();
        waiting_.push_back(std::move(entry));
    }
    if (first)
        wake_.notify_one();
}

std::vector<LogEntry> Log::wait_for_entries() {
    const MutexLock lock(mutex_);
    while (waiting_.empty() && !closing_)
        wake_.wait(mutex_);
    std::vector<LogEntry> entries = std::exchange(waiting_, {});
    if (const std::int64_t lost = std::exchange(lost_, 0); lost > 0)
        entries.push_back({.time = now(),
                           .level = LogLevel::warning,
                           .event = "log_lines_lost",
                           .fields = {{"lines", lost}}});
    return entries;
}

void Log::loop() {
    for (auto entries = wait_for_entries(); !entries.empty(); entries = wait_for_entries()) {
        std::string lines;
        for (const LogEntry& entry : entries)
            lines += to_line(entry, options_.format);
        sink_(lines);
    }
}

void write_to_stderr(std::string_view lines) {
    while (!lines.empty()) {
        const ssize_t written = ::write(STDERR_FILENO, lines.data(), lines.size());
        if (written > 0)
            lines.remove_prefix(static_cast<std::size_t>(written));
        else if (errno != EINTR)
            return;  // there is nobody left to tell
    }
}

}  // namespace parnas
