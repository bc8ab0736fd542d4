// SPDX-License-Identifier: Apache-2.0
#include "core/quiet_machine.h"

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <optional>
#include <string>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "core/error.h"
#include "tests/support/catch.h"
#include "tests/support/temporary_folder.h"

using namespace parnas;

namespace {

// A folder of its own, so that tests neither wait for each other nor for a real study.
class OwnMachine {
  public:
    OwnMachine() { setenv("XDG_RUNTIME_DIR", folder_.path().c_str(), 1); }

    std::filesystem::path lock(const std::string& name) const {
        return folder_ / ("parnas-" + std::to_string(getuid()) + "-" + name + ".lock");
    }
    bool is_free(const std::string& name) const { return LockFile(lock(name)).try_lock_shared(); }
    void await_taken(const std::string& name) const {
        while (is_free(name))
            std::this_thread::yield();
    }

  private:
    tests::TemporaryFolder folder_;
};

class Pipe {
  public:
    Pipe() { REQUIRE(pipe(ends_) == 0); }
    ~Pipe() {
        close(ends_[0]);
        close(ends_[1]);
    }
    Pipe(const Pipe&) = delete;
    Pipe& operator=(const Pipe&) = delete;

    void send() const {
        const char byte = 'x';
        if (write(ends_[1], &byte, 1) != 1)
            _exit(1);
    }
    bool receive() const {
        char byte = 0;
        return read(ends_[0], &byte, 1) == 1;
    }

  private:
    int ends_[2] = {-1, -1};
};

}  // namespace

TEST_CASE("busy threads do not wait for each other", "[core][quiet_machine]") {
    const OwnMachine machine;
    Busy first;
    Busy second;
    first.pause_point();
    second.pause_point();
    CHECK(machine.is_free("gate"));
}

TEST_CASE("a measurement begins at a pause point and ends before the work goes on",
          "[core][quiet_machine]") {
    const OwnMachine machine;
    std::optional<Busy> busy(std::in_place);
    std::atomic<bool> measuring = false;
    std::atomic<bool> measured = false;
    std::thread meter([&] {
        const Quiet quiet;
        measuring = true;
        for (int i = 0; i < 1000; ++i)
            std::this_thread::yield();
        measured = true;
    });
    machine.await_taken("gate");
    CHECK_FALSE(measuring);
    busy->pause_point();
    CHECK(measured);
    meter.join();
    busy.reset();
    const Quiet again;
    CHECK_FALSE(machine.is_free("floor"));
}

TEST_CASE("a measurement runs while the work waits for something", "[core][quiet_machine]") {
    const OwnMachine machine;
    Busy busy;
    bool measured = false;
    const int answer = busy.pause_while([&] {
        std::thread meter([&] {
            const Quiet quiet;
            measured = true;
        });
        meter.join();
        return 7;
    });
    CHECK(answer == 7);
    CHECK(measured);
    std::atomic<bool> measuring = false;
    std::thread meter([&] {
        const Quiet quiet;
        measuring = true;
    });
    machine.await_taken("gate");
    CHECK_FALSE(measuring);
    busy.pause_point();
    meter.join();
}

TEST_CASE("a newcomer waits until the measurement is over", "[core][quiet_machine]") {
    const OwnMachine machine;
    std::atomic<bool> measured = false;
    std::atomic<bool> entered_after = false;
    std::optional<Quiet> quiet(std::in_place);
    std::thread newcomer([&] {
        const Busy busy;
        entered_after = measured.load();
    });
    for (int i = 0; i < 1000; ++i)
        std::this_thread::yield();
    measured = true;
    quiet.reset();
    newcomer.join();
    CHECK(entered_after);
}

TEST_CASE("a measurement also waits for another process, and a killed one lets go",
          "[core][quiet_machine]") {
    const OwnMachine machine;
    const Pipe ready;
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        const Busy busy;
        ready.send();
        for (;;)
            pause();
    }
    REQUIRE(ready.receive());
    std::atomic<bool> measuring = false;
    std::thread meter([&] {
        const Quiet quiet;
        measuring = true;
    });
    machine.await_taken("gate");
    CHECK_FALSE(measuring);
    kill(child, SIGKILL);
    meter.join();
    CHECK(measuring);
    waitpid(child, nullptr, 0);
}

TEST_CASE("a forked child does not keep its parent's lock", "[core][quiet_machine]") {
    const OwnMachine machine;
    std::optional<Quiet> quiet(std::in_place);
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0)
        for (;;)
            pause();
    quiet.reset();
    CHECK(machine.is_free("gate"));
    CHECK(machine.is_free("floor"));
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
}

TEST_CASE("lock files are private, and a folder that is not there is an error",
          "[core][quiet_machine]") {
    const OwnMachine machine;
    const Busy busy;
    CHECK((std::filesystem::status(machine.lock("floor")).permissions() &
           std::filesystem::perms::mask) ==
          (std::filesystem::perms::owner_read | std::filesystem::perms::owner_write));
    setenv("XDG_RUNTIME_DIR", "/nonexistent", 1);
    CHECK_THROWS_AS(Busy(), Error);
}
