// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <variant>
#include <vector>

#include "core/mutex.h"
#include "core/trial.h"

namespace parnas {

enum class LogLevel { debug, info, warning, error };
std::string_view to_string(LogLevel level);

enum class LogFormat { json, text };

struct LogField {
    std::string name;
    std::variant<std::string, std::int64_t, double> value;
};

// One line.
struct LogEntry {
    TimePoint time;
    LogLevel level = LogLevel::info;
    std::string event;  // "study_ended"
    std::vector<LogField> fields;
};

// With its newline, in visible ASCII alone, whatever the texts have in them: they may be others'.
std::string to_line(const LogEntry& entry, LogFormat format);

// Lines about what a program does, written by a thread of its own, so that nobody waits for who
// reads them. If lines come faster than they are read, some are left out, and a line says how
// many. Thread-safe.
class Log {
  public:
    // Called by that thread with one or more whole lines.
    using Sink = std::function<void(std::string_view lines)>;
    struct Options {
        LogLevel least = LogLevel::info;
        LogFormat format = LogFormat::json;
        std::size_t most_waiting = 10'000;
    };

    Log(Sink sink, Options options);
    // Writes what waits.
    ~Log();
    Log(const Log&) = delete;
    Log& operator=(const Log&) = delete;

    // For those to whom it is work to make an entry that nobody wants.
    bool takes(LogLevel level) const { return level >= options_.least; }
    void write(LogLevel level, std::string event, std::vector<LogField> fields = {});

  private:
    void loop();
    // Waits for entries; none: it is over.
    std::vector<LogEntry> wait_for_entries();

    const Sink sink_;
    const Options options_;
    Mutex mutex_;
    std::condition_variable_any wake_;
    std::vector<LogEntry> waiting_ PARNAS_GUARDED_BY(mutex_);
    std::int64_t lost_ PARNAS_GUARDED_BY(mutex_) = 0;
    bool closing_ PARNAS_GUARDED_BY(mutex_) = false;
    std::thread thread_;
};

// Standard error, without a buffer between.
void write_to_stderr(std::string_view lines);

}  // namespace parnas
