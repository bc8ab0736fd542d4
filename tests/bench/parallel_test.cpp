// SPDX-License-Identifier: Apache-2.0
#include "bench/parallel.h"

#include <atomic>
#include <vector>

#include "core/error.h"
#include "tests/support/catch.h"

namespace parnas::bench {

TEST_CASE("every piece of work is done once, whatever the number of threads", "[bench]") {
    for (const int threads : {1, 3}) {
        std::vector<std::atomic<int>> calls(50);
        std::vector<std::size_t> done;
        in_parallel(
            calls.size(),
            threads,
            {},
            [&](std::size_t i) { ++calls[i]; },
            [&](std::size_t n) { done.push_back(n); });
        for (const auto& each : calls)
            CHECK(each == 1);
        REQUIRE(done.size() == calls.size());
        for (std::size_t i = 0; i < done.size(); ++i)
            CHECK(done[i] == i + 1);
    }
}

TEST_CASE("the first failure ends parallel work and is thrown", "[bench]") {
    std::atomic<int> begun = 0;
    const auto work = [&](std::size_t i) {
        ++begun;
        if (i == 3)
            throw Error(ErrorKind::damaged, "three");
    };
    CHECK_THROWS_WITH(in_parallel(1000, 2, {}, work, [](std::size_t) {}), "three");
    CHECK(begun < 1000);
}

TEST_CASE("parallel work that is stopped says so", "[bench]") {
    std::stop_source stop;
    const auto work = [&](std::size_t) { stop.request_stop(); };
    CHECK_THROWS_AS(in_parallel(5, 1, stop.get_token(), work, [](std::size_t) {}), Error);
    CHECK_NOTHROW(in_parallel(0, 1, stop.get_token(), work, [](std::size_t) {}));
}

}  // namespace parnas::bench
