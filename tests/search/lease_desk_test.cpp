// SPDX-License-Identifier: Apache-2.0
#include "search/lease_desk.h"

#include <chrono>
#include <future>
#include <thread>

#include "core/error.h"
#include "tests/support/catch.h"

namespace parnas::search {
namespace {

using namespace std::chrono_literals;
using Clock = LeaseDesk::Clock;

// Of a remote worker that is not heard of: lapsed, and its pause over.
constexpr Seconds kShort{0.002};
constexpr std::chrono::milliseconds kAfterPause{10};
const LeaseDesk::Options kQuick{.on_ready = {}, .pause = Seconds(0.002)};

Lease lease_of(LeaseDesk& desk, TrialNumber number) {
    desk.offer({.candidate = {.number = number}});
    return desk.lease({}).value();
}

bool is_lost(std::future<TrialState> recorded) {
    try {
        recorded.get();
    } catch (const Error& error) {
        return error.kind() == ErrorKind::conflict;
    }
    return false;
}

// Somebody asks in vain.
void ask(LeaseDesk& desk) {
    CHECK_FALSE(desk.lease({}, Clock::now()).has_value());
}

}  // namespace

TEST_CASE("a lapsed lease is the worker's until somebody else wants the trial",
          "[search][lease_desk]") {
    LeaseDesk desk(kQuick);
    const Lease lease = lease_of(desk, 7);
    desk.make_remote(lease.key(), {.ttl = kShort});
    std::this_thread::sleep_for(kAfterPause);
    CHECK(desk.renew(lease.key()) == Heard::go_on);  // nobody asked
    std::this_thread::sleep_for(kAfterPause);
    ask(desk);
    CHECK(desk.take_mail().wanted == std::vector{lease.key()});

    SECTION("any word of it before the driver takes it away makes it good again") {
        CHECK(desk.report(lease.key(), 1, {}) == Heard::go_on);
        CHECK_FALSE(desk.revoke(lease.key()).has_value());
        desk.finish(lease.key(), Measurement{});
        CHECK(desk.take_mail().results.size() == 1);
    }
    SECTION("afterwards it is lost, and the next attempt goes first") {
        desk.offer({.candidate = {.number = 8}});
        CHECK(desk.revoke(lease.key()) == LeaseLoss::silent);
        desk.offer({.candidate = {.number = 7}, .attempt = 2}, true);
        CHECK(desk.lease({}).value().key() == LeaseKey{7, 2});
        CHECK(desk.renew(lease.key()) == Heard::lost);
        CHECK(desk.report(lease.key(), 1, {}) == Heard::lost);
        CHECK(is_lost(desk.finish(lease.key(), Measurement{})));
        CHECK(is_lost(desk.give_back(lease.key())));
        CHECK(desk.take_mail().results.empty());
    }
}

TEST_CASE("a lease is not wanted before its time to live and a pause are over",
          "[search][lease_desk]") {
    LeaseDesk desk;
    const Lease lease = lease_of(desk, 0);
    desk.make_remote(lease.key(), {.ttl = kShort});
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    ask(desk);
    CHECK(desk.take_mail().wanted.empty());
}

TEST_CASE("who waits for a lease makes the driver take a lapsed one away", "[search][lease_desk]") {
    LeaseDesk desk(kQuick);
    const Lease lost = lease_of(desk, 0);
    desk.make_remote(lost.key(), {.ttl = kShort});
    auto waits = std::async(std::launch::async, [&] { return desk.lease({}); });
    bool wanted = false;
    while (!wanted)
        wanted = !desk.wait_for_mail({}).wanted.empty();
    CHECK(desk.revoke(lost.key()) == LeaseLoss::silent);
    desk.offer({.candidate = {.number = 0}, .attempt = 2}, true);
    CHECK(waits.get().value().attempt == 2);
}

TEST_CASE("a lease without progress by its deadline is taken away, whatever its worker says",
          "[search][lease_desk]") {
    LeaseDesk desk(kQuick);
    const Lease lease = lease_of(desk, 3);
    desk.make_remote(lease.key(), {.ttl = Seconds(60.0), .progress = kShort});
    CHECK(desk.renew(lease.key(), 0.25) == Heard::go_on);
    std::this_thread::sleep_for(kAfterPause);

    SECTION("a heartbeat tells the driver, and does not make it good again") {
        CHECK(desk.renew(lease.key(), 0.25) == Heard::go_on);
        CHECK(desk.take_mail().wanted == std::vector{lease.key()});
        CHECK(desk.renew(lease.key()) == Heard::go_on);
        CHECK(desk.take_mail().wanted.empty());
        CHECK(desk.revoke(lease.key()) == LeaseLoss::stalled);
        CHECK(desk.renew(lease.key()) == Heard::lost);
    }
    SECTION("so does who asks for a trial") {
        ask(desk);
        CHECK(desk.take_mail().wanted == std::vector{lease.key()});
        CHECK(desk.revoke(lease.key()) == LeaseLoss::stalled);
    }
    SECTION("a report before the driver takes it away is progress") {
        ask(desk);
        desk.report(lease.key(), 1, {});
        CHECK_FALSE(desk.revoke(lease.key()).has_value());
    }
    SECTION("so is a larger share") {
        ask(desk);
        desk.renew(lease.key(), 0.5);
        CHECK_FALSE(desk.revoke(lease.key()).has_value());
    }
}

TEST_CASE("leases of this process never lapse", "[search][lease_desk]") {
    LeaseDesk desk(kQuick);
    lease_of(desk, 0);
    std::this_thread::sleep_for(kAfterPause);
    ask(desk);
    CHECK(desk.take_mail().wanted.empty());
}

TEST_CASE("the sender of a result hears when it was recorded, or that nobody will record it",
          "[search][lease_desk]") {
    std::future<TrialState> unrecorded;
    {
        LeaseDesk desk;
        const Lease first = lease_of(desk, 0);
        const Lease second = lease_of(desk, 1);
        auto recorded = desk.finish(first.key(), Measurement{});
        CHECK(recorded.wait_for(std::chrono::seconds(0)) == std::future_status::timeout);
        LeaseDesk::Mail mail = desk.take_mail();
        mail.results.at(0).recorded.set_value(TrialState::complete);
        CHECK(recorded.get() == TrialState::complete);
        unrecorded = desk.finish(second.key(), Measurement{});
    }
    CHECK_THROWS_AS(unrecorded.get(), std::future_error);
}

TEST_CASE("a lease that its worker never heard of goes out again as the same attempt",
          "[search][lease_desk]") {
    int ready = 0;
    LeaseDesk desk({.on_ready = [&] { ++ready; }});
    const Lease lease = lease_of(desk, 4);
    desk.put_back(lease.key());
    CHECK(ready == 2);
    CHECK(desk.lease({}).value().key() == lease.key());
}

TEST_CASE("a paused desk leases nothing and takes results", "[search][lease_desk]") {
    LeaseDesk desk;
    const Lease lease = lease_of(desk, 0);
    desk.offer({.candidate = {.number = 1}});
    desk.pause(true);
    ask(desk);
    CHECK_FALSE(desk.take_mail().asked);
    desk.finish(lease.key(), Measurement{});
    CHECK(desk.take_mail().results.size() == 1);
    desk.pause(false);
    CHECK(desk.lease({}).value().candidate.number == 1);
}

TEST_CASE("a closed desk keeps no worker of this process waiting, and no other's lease",
          "[search][lease_desk]") {
    LeaseDesk desk;
    desk.offer({.candidate = {.number = 0}, .reporting = Reporting::judged});
    const Lease lease = desk.lease({}).value();
    desk.make_remote(lease.key(), {.ttl = Seconds(60.0)});
    auto report = std::async(std::launch::async, [&] { return desk.report(lease.key(), 0, {}); });
    CHECK(desk.wait_for_mail({}).reports.size() == 1);
    desk.close();
    CHECK(report.get() == Heard::closed);
    CHECK(desk.open() == 0);
    CHECK(desk.renew(lease.key()) == Heard::go_on);
}

TEST_CASE("before the driver has restored what is out, no lease is a lost one",
          "[search][lease_desk]") {
    LeaseDesk desk({.restores = true});
    const Lease lease{.candidate = {.number = 3}};
    CHECK(desk.renew(lease.key()) == Heard::closed);
    CHECK(desk.report(lease.key(), 0, {}) == Heard::closed);
    CHECK_THROWS_AS(desk.finish(lease.key(), Measurement{}).get(), std::future_error);
    desk.restore(lease, {.ttl = Seconds(60.0)});
    desk.restored();
    CHECK(desk.renew(lease.key()) == Heard::go_on);
    CHECK(desk.renew({4, 1}) == Heard::lost);
}

TEST_CASE("demand is what is out and who waits", "[search][lease_desk]") {
    LeaseDesk desk;
    CHECK(desk.demand() == 0);
    const Lease lease = lease_of(desk, 0);
    CHECK(desk.demand() == 1);
    auto waits = std::async(std::launch::async, [&] { return desk.lease({}); });
    CHECK(desk.wait_for_mail({}).asked);
    CHECK(desk.demand() == 2);
    desk.finish(lease.key(), Measurement{});
    CHECK(desk.demand() == 1);
    desk.close();
    CHECK_FALSE(waits.get().has_value());
}

TEST_CASE("who may have several leases gets those that are ready, and asks for the rest",
          "[search][lease_desk]") {
    LeaseDesk desk;
    for (const TrialNumber number : {0, 1, 2})
        desk.offer({.candidate = {.number = number}});
    CHECK(desk.lease_some(2, {}, Clock::now()).size() == 2);
    CHECK(desk.lease_some(2, {}, Clock::now() + 10s).size() == 1);
    auto waits =
        std::async(std::launch::async, [&] { return desk.lease_some(4, {}, Clock::now() + 10s); });
    CHECK(desk.wait_for_mail({}).asked);
    CHECK(desk.demand() == 3 + 4);
    desk.close();
    CHECK(waits.get().empty());
}

}  // namespace parnas::search
