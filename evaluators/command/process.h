// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <utility>
#include <vector>

#include "evaluators/command/supervisor.h"

namespace parnas::evaluators {

// A program to be run.
struct Program {
    std::filesystem::path executable;      // absolute
    std::vector<std::string> arguments;    // with its own name
    std::vector<std::string> environment;  // "KEY=value"
    std::filesystem::path folder;          // working directory
};

// Owns a file descriptor.
class Descriptor {
  public:
    explicit Descriptor(int file = -1) : file_(file) {}
    ~Descriptor();
    Descriptor(Descriptor&& other) noexcept : file_(std::exchange(other.file_, -1)) {}
    Descriptor& operator=(Descriptor&& other) noexcept {
        std::swap(file_, other.file_);
        return *this;
    }

    int get() const { return file_; }  // -1: none
    void close() { *this = Descriptor(); }

  private:
    int file_;
};

struct Pipe {
    // Both ends close on exec; those that parnas uses do not block.
    Pipe();
    Descriptor read;
    Descriptor write;
};

// A running program that one can talk with. Its standard input, output and error output are
// pipes, which only pump() reads and writes. Whatever it starts dies with it, and it dies
// with this object or with parnas (evaluators/command/supervisor.h). Belongs to one thread.
class Process {
  public:
    // Throws Error(unavailable) if the machine gives no pipe or process.
    explicit Process(const Program& program);
    // Kills what still runs.
    ~Process();
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;

    // Queues text for its standard input. What it does not read is lost.
    void write(std::string_view text);
    // Waits until something happens, up to `longest`, and moves what can be moved, at most
    // 64 KiB from each pipe.
    void pump(std::chrono::milliseconds longest);
    // The next line of its output that is whole; once it has ended, also a last one without
    // an end.
    std::optional<std::string> next_line();
    // Bytes of its output: all, and those that are not a line yet.
    std::size_t written() const { return written_; }
    std::size_t unread() const { return output_.size() - taken_; }
    // The end of its error output, at most 2 KiB.
    const std::string& last_words() const { return errors_; }

    // Signals for the program and its group: SIGTERM, SIGSTOP, SIGCONT.
    void send(Order order);
    // Kills it and everything that it has started.
    void kill();
    // It is dead, all that it left too, and all that it wrote is here.
    bool ended() const { return ended_; }
    // "ended with exit code 1", "was killed by SIGSEGV"; needs ended(). Throws
    // Error(unavailable) if it could not be started.
    std::string how_it_ended() const;

  private:
    void start(const Program& program);
    void write_input();
    bool read_output();  // whether there may be more
    bool read_errors();
    void read_report();

    std::string executable_;
    Pipe input_, output_pipe_, errors_pipe_, control_, report_pipe_;
    pid_t supervisor_ = -1;
    std::string pending_;  // for its input
    std::string output_;
    std::size_t taken_ = 0;  // of output_, by next_line()
    std::size_t written_ = 0;
    std::string errors_;
    std::optional<SupervisorReport> report_;  // none: the supervisor was killed
    bool ended_ = false;
};

}  // namespace parnas::evaluators
