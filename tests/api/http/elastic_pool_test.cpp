// SPDX-License-Identifier: Apache-2.0
#include "api/http/serving/elastic_pool.h"

#include <atomic>

#include "tests/api/http/small_server.h"
#include "tests/support/catch.h"

using namespace parnas::http;
using namespace parnas::tests;

TEST_CASE("a pool grows while tasks wait, up to its bound, then queues, then refuses",
          "[api][http]") {
    Gate gate;
    ElasticPool pool({.threads = 3, .queue = 2}, 10s);
    std::atomic<int> done = 0;
    const auto task = [&] {
        gate.wait();
        ++done;
    };
    for (int i = 0; i < 5; ++i)
        REQUIRE(pool.try_run(task));
    CHECK_FALSE(pool.try_run(task));
    CHECK(gate.has(3));
    CHECK(pool.load().threads == 3);
    CHECK(pool.load().queued == 2);
    gate.open();
    pool.join();
    CHECK(done == 5);
}

TEST_CASE("a pool uses idle threads before it grows", "[api][http]") {
    ElasticPool pool({.threads = 8, .queue = 8}, 10s);
    for (int i = 0; i < 20; ++i) {
        REQUIRE(pool.try_run([] {}));
        REQUIRE(eventually([&] { return pool.load().queued == 0 && pool.load().idle == 1; }));
    }
    CHECK(pool.load().threads == 1);
}

TEST_CASE("threads that have been idle for long end, and come again", "[api][http]") {
    Gate gate;
    ElasticPool pool({.threads = 4, .queue = 0}, 20ms);
    for (int i = 0; i < 4; ++i)
        REQUIRE(pool.try_run([&] { gate.wait(); }));
    gate.open();
    CHECK(eventually([&] { return pool.load().threads == 0; }));
    std::atomic<bool> ran = false;
    REQUIRE(pool.try_run([&] { ran = true; }));
    CHECK(eventually([&] { return ran.load(); }));
}

TEST_CASE("a pool without a queue takes as many tasks as it may have threads", "[api][http]") {
    Gate gate;
    ElasticPool pool({.threads = 2, .queue = 0}, 10s);
    CHECK(pool.try_run([&] { gate.wait(); }));
    CHECK(pool.try_run([&] { gate.wait(); }));
    CHECK_FALSE(pool.try_run([&] { gate.wait(); }));
    gate.open();
}

TEST_CASE("tasks of many threads all run once", "[api][http]") {
    std::atomic<int> ran = 0;
    std::atomic<int> refused = 0;
    {
        ElasticPool pool({.threads = 4, .queue = 16}, 1ms);
        std::vector<std::jthread> givers;
        for (int i = 0; i < 4; ++i)
            givers.emplace_back([&] {
                for (int k = 0; k < 500; ++k) {
                    if (!pool.try_run([&] { ++ran; }))
                        ++refused;
                }
            });
        givers.clear();
        pool.join();
        CHECK_FALSE(pool.try_run([&] { ++ran; }));
    }
    CHECK(ran + refused == 2000);
    CHECK(ran > 0);
}
