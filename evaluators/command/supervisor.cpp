// SPDX-License-Identifier: Apache-2.0
#include "evaluators/command/supervisor.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

// Everything here is async-signal-safe: no allocation, no exception, no lock.
namespace parnas::evaluators {
namespace {

// Where take_files() puts what it takes.
constexpr int kControl = 3;
constexpr int kReport = 4;
constexpr int kFiles = 5;

// A killed process that does not go (it waits for a dead disk) is left after 5 s.
constexpr int kRounds = 2500;
constexpr int kRoundMs = 2;

void send_report(int file, SupervisorReport report) {
    // Nobody is left to hear of an error.
    [[maybe_unused]] const ssize_t written = write(file, &report, sizeof(report));
}

[[noreturn]] void give_up(int report) {
    send_report(report, {.error = errno});
    _exit(127);
}

bool take_files(const Plan& plan) {
    std::array<int, kFiles> files = {
        plan.input, plan.output, plan.errors, plan.control, plan.report};
    // First above the places that they go to, so that none overwrites another.
    for (int& file : files)
        if (file = fcntl(file, F_DUPFD, kFiles); file < 0)
            return false;
    for (int place = 0; place < kFiles; ++place)
        if (dup2(files[static_cast<std::size_t>(place)], place) < 0)
            return false;
    return fcntl(kControl, F_SETFD, FD_CLOEXEC) == 0 && fcntl(kReport, F_SETFD, FD_CLOEXEC) == 0 &&
           close_range(kFiles, ~0U, 0) == 0;
}

[[noreturn]] void run_program(const Plan& plan, pid_t supervisor) {
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != supervisor)  // it died before it could be noticed
        _exit(127);
    if (chdir(plan.folder) != 0)
        give_up(kReport);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    execve(plan.executable, plan.arguments, plan.environment);
    give_up(kReport);
}

bool has_ended(pid_t program) {
    siginfo_t info{};
    // WNOWAIT: while it is a zombie, no other process can get its number.
    waitid(P_PID, static_cast<id_t>(program), &info, WEXITED | WNOHANG | WNOWAIT);
    return info.si_pid != 0;
}

void bury_orphans(pid_t program) {
    for (;;) {
        siginfo_t info{};
        if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == 0 ||
            info.si_pid == program)
            return;
        waitpid(info.si_pid, nullptr, 0);
    }
}

// False at the end of the pipe.
bool obey(pid_t program) {
    char order = 0;
    if (read(kControl, &order, 1) != 1)
        return false;
    switch (Order(order)) {
        case Order::terminate:
            kill(-program, SIGTERM);
            kill(-program, SIGCONT);  // a stopped program would not hear it
            break;
        case Order::suspend:
            kill(-program, SIGSTOP);
            break;
        case Order::resume:
            kill(-program, SIGCONT);
            break;
    }
    return true;
}

void watch(pid_t program, int signals) {
    std::array<pollfd, 2> files = {
        {{.fd = kControl, .events = POLLIN}, {.fd = signals, .events = POLLIN}}};
    while (!has_ended(program)) {
        poll(files.data(), files.size(), -1);
        if (files[0].revents != 0 && !obey(program))
            return;
        signalfd_siginfo signal;
        while (read(signals, &signal, sizeof(signal)) > 0)
            ;
        bury_orphans(program);
    }
}

void kill_children() {
    const int file = open("/proc/thread-self/children", O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return;
    std::array<char, 4096> text;
    pid_t child = 0;
    for (ssize_t size; (size = read(file, text.data(), text.size())) > 0;)
        for (const char* at = text.data(); at != text.data() + size; ++at) {
            if (*at >= '0' && *at <= '9') {
                child = child * 10 + (*at - '0');
                continue;
            }
            if (child > 0)
                kill(child, SIGKILL);
            child = 0;
        }
    close(file);
}

// The program's status.
int kill_all(pid_t program) {
    kill(-program, SIGKILL);  // in one step: no member of the group escapes by forking
    int status = 0;
    for (int round = 0; round < kRounds; ++round) {
        kill_children();  // among them, more in each round, the orphans of those killed before
        int each = 0;
        pid_t dead = 0;
        while ((dead = waitpid(-1, &each, WNOHANG)) > 0)
            if (dead == program)
                status = each;
        if (dead < 0)  // there are no more
            break;
        poll(nullptr, 0, kRoundMs);
    }
    return status;
}

}  // namespace

void supervise(const Plan& plan) {
    setsid();
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    for (int signal = 1; signal < NSIG; ++signal)
        std::signal(signal, SIG_DFL);
    if (!take_files(plan))
        give_up(plan.report);
    sigset_t child_ended;
    sigemptyset(&child_ended);
    sigaddset(&child_ended, SIGCHLD);
    const int signals = signalfd(-1, &child_ended, SFD_CLOEXEC | SFD_NONBLOCK);
    if (signals < 0)
        give_up(kReport);
    const pid_t supervisor = getpid();
    const pid_t program = _Fork();
    if (program == 0)
        run_program(plan, supervisor);
    if (program < 0)
        give_up(kReport);
    setpgid(program, program);  // as the program does: whoever comes first
    for (int file = 0; file < kControl; ++file)
        close(file);
    watch(program, signals);
    const int status = kill_all(program);
    send_report(kReport, {.status = status});
    _exit(0);
}

}  // namespace parnas::evaluators
