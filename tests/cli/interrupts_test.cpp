// SPDX-License-Identifier: Apache-2.0
#include "cli/interrupts.h"

#include <csignal>
#include <functional>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/catch.h"

using namespace parnas::cli;

namespace {

// The exit code of a process that does `work`.
int exit_code_of(const std::function<void()>& work) {
    const pid_t child = fork();
    if (child == 0) {
        alarm(20);
        for (const int signal : {SIGINT, SIGTERM})  // Catch2 has handlers of its own
            std::signal(signal, SIG_DFL);
        work();
        _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

void wait_for_stop(const Interrupts& interrupts) {
    while (!interrupts.requested())
        usleep(100);
}

}  // namespace

TEST_CASE("the first interrupt asks to stop", "[cli][interrupts]") {
    for (const int signal : {SIGINT, SIGTERM})
        CHECK(exit_code_of([&] {
                  const Interrupts interrupts;
                  kill(getpid(), signal);
                  wait_for_stop(interrupts);
              }) == 0);
}

TEST_CASE("the second interrupt ends the process", "[cli][interrupts]") {
    CHECK(exit_code_of([] {
              const Interrupts interrupts;
              kill(getpid(), SIGINT);
              wait_for_stop(interrupts);
              kill(getpid(), SIGINT);
              while (true)
                  pause();
          }) == kInterrupted);
}

TEST_CASE("signals are as before afterwards", "[cli][interrupts]") {
    CHECK(exit_code_of([] {
              { const Interrupts interrupts; }
              kill(getpid(), SIGTERM);
              while (true)
                  pause();
          }) == -SIGTERM);
}
