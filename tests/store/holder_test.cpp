// SPDX-License-Identifier: Apache-2.0
#include "store/holder.h"

#include <sys/wait.h>
#include <unistd.h>

#include "tests/store/samples.h"
#include "tests/support/catch.h"

using namespace parnas;
using namespace parnas::store;
using namespace parnas::store::samples;

TEST_CASE("this process has not ended, one of another host cannot be judged", "[store][holder]") {
    CHECK(this_process().pid == getpid());
    CHECK(this_process().process_start > 0);
    CHECK_FALSE(has_ended(this_process()));
    CHECK_FALSE(has_ended(holder(1)));
}

TEST_CASE("a child has ended once it exited, reaped or not", "[store][holder]") {
    int to_parent[2];
    int to_child[2];
    REQUIRE(pipe(to_parent) == 0);
    REQUIRE(pipe(to_child) == 0);
    const pid_t child = fork();
    if (child == 0) {
        const Holder self = this_process();
        if (write(to_parent[1], &self.process_start, sizeof self.process_start) < 0)
            _exit(1);
        char byte = 0;
        if (read(to_child[0], &byte, 1) < 0)
            _exit(1);
        _exit(0);
    }
    Holder holder = this_process();
    holder.pid = child;
    REQUIRE(read(to_parent[0], &holder.process_start, sizeof holder.process_start) ==
            static_cast<ssize_t>(sizeof holder.process_start));
    CHECK_FALSE(has_ended(holder));

    REQUIRE(write(to_child[1], "x", 1) == 1);
    siginfo_t info{};
    REQUIRE(waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT) == 0);
    CHECK(has_ended(holder));  // a zombie
    REQUIRE(waitpid(child, nullptr, 0) == child);
    CHECK(has_ended(holder));
    for (const int end : {to_parent[0], to_parent[1], to_child[0], to_child[1]})
        close(end);
}

TEST_CASE("a claim may be taken by its own process, after its time or its process",
          "[store][holder]") {
    const Claim claim{.holder = holder(1), .ttl = Seconds(10), .expires = at(10)};
    CHECK(may_take(claim, holder(1), at(0)));
    CHECK_FALSE(may_take(claim, holder(2), at(9)));
    CHECK(may_take(claim, holder(2), at(10)));
    CHECK(is_held(claim, at(9)));
    CHECK_FALSE(is_held(claim, at(10)));
    Holder dead = this_process();
    dead.process_start += 1;
    CHECK(may_take({.holder = dead, .ttl = Seconds(10), .expires = at(10)}, holder(2), at(0)));
}
