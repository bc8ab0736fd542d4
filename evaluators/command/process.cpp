// SPDX-License-Identifier: Apache-2.0
#include "evaluators/command/process.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

#include <fmt/format.h>

#include "core/error.h"

namespace parnas::evaluators {
namespace {

constexpr std::size_t kChunk = 64UL << 10U;
constexpr std::size_t kLastWords = 2048;
// Enough for the largest pipe; more comes only from a process that escaped.
constexpr int kLastChunks = 16;

// _Fork() runs nothing that other libraries left for a fork (pthread_atfork), but
// ThreadSanitizer deadlocks in a child that it does not know of.
#ifdef __SANITIZE_THREAD__
constexpr auto kFork = fork;
#else
constexpr auto kFork = _Fork;
#endif

[[noreturn]] void fail(std::string_view what, int code, const std::string& where) {
    throw Error(ErrorKind::unavailable,
                fmt::format("cannot {}: {}", what, std::generic_category().message(code)),
                where);
}

void set_nonblocking(const Descriptor& file) {
    fcntl(file.get(), F_SETFL, fcntl(file.get(), F_GETFL) | O_NONBLOCK);
}

// For execve(), which does not change what it is given.
std::vector<char*> pointers(const std::vector<std::string>& texts) {
    std::vector<char*> result;
    for (const std::string& text : texts)
        result.push_back(const_cast<char*>(text.c_str()));
    result.push_back(nullptr);
    return result;
}

// Appends up to kChunk bytes. False if there are none for now or no more, which closes the file.
bool read_some(Descriptor& file, std::string& to) {
    std::array<char, kChunk> bytes;  // not cleared, which would take longer than to read a line
    const ssize_t size = read(file.get(), bytes.data(), bytes.size());
    if (size == 0 || (size < 0 && errno != EAGAIN && errno != EINTR))
        file.close();
    if (size > 0)
        to.append(bytes.data(), static_cast<std::size_t>(size));
    return size > 0;
}

}  // namespace

Descriptor::~Descriptor() {
    if (file_ >= 0)
        ::close(file_);
}

Pipe::Pipe() {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0)
        fail("make a pipe", errno, {});
    read = Descriptor(ends[0]);
    write = Descriptor(ends[1]);
}

Process::Process(const Program& program) : executable_(program.executable.string()) {
    set_nonblocking(input_.write);
    set_nonblocking(output_pipe_.read);
    set_nonblocking(errors_pipe_.read);
    start(program);
    // The read ends of input and control stay open here: a write to a program or supervisor
    // that is gone then raises no SIGPIPE.
    output_pipe_.write.close();
    errors_pipe_.write.close();
    report_pipe_.write.close();
}

Process::~Process() {
    if (ended_)
        return;
    kill();
    waitpid(supervisor_, nullptr, 0);
}

void Process::start(const Program& program) {
    const std::string folder = program.folder.string();
    const std::vector<char*> arguments = pointers(program.arguments);
    const std::vector<char*> environment = pointers(program.environment);
    const Plan plan{.executable = executable_.c_str(),
                    .arguments = arguments.data(),
                    .environment = environment.data(),
                    .folder = folder.c_str(),
                    .input = input_.read.get(),
                    .output = output_pipe_.write.get(),
                    .errors = errors_pipe_.write.get(),
                    .control = control_.read.get(),
                    .report = report_pipe_.write.get()};
    // No handler of parnas may run in the child.
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    supervisor_ = kFork();
    if (supervisor_ == 0)
        supervise(plan);
    const int code = errno;
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    if (supervisor_ < 0)
        fail("start a process", code, executable_);
}

void Process::write(std::string_view text) {
    pending_ += text;
    write_input();
}

void Process::write_input() {
    const ssize_t size = ::write(input_.write.get(), pending_.data(), pending_.size());
    if (size > 0)
        pending_.erase(0, static_cast<std::size_t>(size));
}

bool Process::read_output() {
    output_.erase(0, std::exchange(taken_, 0));
    const std::size_t before = output_.size();
    const bool more = read_some(output_pipe_.read, output_);
    written_ += output_.size() - before;
    return more;
}

bool Process::read_errors() {
    const bool more = read_some(errors_pipe_.read, errors_);
    if (errors_.size() > kLastWords)
        errors_.erase(0, errors_.size() - kLastWords);
    return more;
}

void Process::read_report() {
    SupervisorReport report;
    if (read(report_pipe_.read.get(), &report, sizeof(report)) == sizeof(report))
        report_ = report;
    waitpid(supervisor_, nullptr, 0);
    for (int i = 0; i < kLastChunks && read_output(); ++i)
        ;
    for (int i = 0; i < kLastChunks && read_errors(); ++i)
        ;
    ended_ = true;
}

void Process::pump(std::chrono::milliseconds longest) {
    if (ended_)
        return;
    // poll() passes over negative numbers.
    std::array<pollfd, 4> files = {
        {{.fd = pending_.empty() ? -1 : input_.write.get(), .events = POLLOUT},
         {.fd = output_pipe_.read.get(), .events = POLLIN},
         {.fd = errors_pipe_.read.get(), .events = POLLIN},
         {.fd = report_pipe_.read.get(), .events = POLLIN}}};
    if (poll(files.data(), files.size(), static_cast<int>(longest.count())) <= 0)
        return;
    if (files[0].revents != 0)
        write_input();
    if (files[1].revents != 0)
        read_output();
    if (files[2].revents != 0)
        read_errors();
    if (files[3].revents != 0)
        read_report();
}

std::optional<std::string> Process::next_line() {
    std::size_t end = output_.find('\n', taken_);
    if (end == std::string::npos) {
        if (!ended_ || unread() == 0)
            return std::nullopt;
        end = output_.size();
    }
    std::string line = output_.substr(taken_, end - taken_);
    taken_ = std::min(end + 1, output_.size());
    return line;
}

void Process::send(Order order) {
    const char byte = static_cast<char>(order);
    // One byte on an empty pipe is always taken.
    [[maybe_unused]] const ssize_t written = ::write(control_.write.get(), &byte, 1);
}

void Process::kill() {
    control_.write.close();
}

std::string Process::how_it_ended() const {
    if (!report_)
        return "was lost: somebody killed its supervisor";
    if (report_->error != 0)
        fail("run the program", report_->error, executable_);
    if (WIFSIGNALED(report_->status))
        return fmt::format("was killed by SIG{}", sigabbrev_np(WTERMSIG(report_->status)));
    return fmt::format("ended with exit code {}", WEXITSTATUS(report_->status));
}

}  // namespace parnas::evaluators
