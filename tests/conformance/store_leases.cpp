// SPDX-License-Identifier: Apache-2.0
// What store/service_store.h promises of attempts, leases and answers, for every store.
#include <atomic>
#include <limits>
#include <thread>

#include "tests/conformance/every_store.h"

using namespace parnas;
using namespace parnas::store;
using namespace parnas::store::samples;

namespace {

// A driven study whose trials 0 to `trials` - 1 run.
Driver running_trials(Store& store, TrialNumber trials) {
    const Driver driver = drive(store, "s");
    Batch batch{.driver = driver};
    for (TrialNumber number = 0; number < trials; ++number)
        batch.starts.push_back(start(number));
    store.commit(batch);
    return driver;
}

void give(Store& store, StudyId study, const AttemptStart& start) {
    service_store(store).grant(study, std::span(&start, 1));
}

AttemptStart second_attempt(TrialNumber number) {
    AttemptStart start = attempt(number);
    start.attempt = 2;
    start.lease += "_2";
    return start;
}

std::vector<AttemptState> states_of(const std::vector<AttemptRecord>& attempts) {
    std::vector<AttemptState> states;
    for (const AttemptRecord& record : attempts)
        states.push_back(record.state);
    return states;
}

}  // namespace

STORE_TEST("a lease is read as it was granted, by trial, by study and by its id") {
    TestType made;
    Store& store = *made;
    ServiceStore& service = service_store(store);
    const StudyId id = running_trials(store, 3).study;
    const std::vector given{attempt(2), attempt(0)};
    service.grant(id, given);
    const AttemptRecord expected{.lease = "lse_0",
                                 .study = id,
                                 .number = 0,
                                 .attempt = 1,
                                 .worker = "wrk_1",
                                 .ttl = Seconds(60),
                                 .granted = at(1)};
    CHECK(service.find_lease("lse_0") == expected);
    CHECK(service.attempts(id, 0) == std::vector{expected});
    CHECK(service.attempts(id, 1).empty());
    const auto open = service.open_attempts(id);
    REQUIRE(open.size() == 2);
    CHECK(open[0] == expected);
    CHECK(open[1].number == 2);
}

STORE_TEST("the leases of what does not exist are not found") {
    TestType made;
    Store& store = *made;
    ServiceStore& service = service_store(store);
    const auto nobody = static_cast<StudyId>(77);
    const auto not_found = [](const auto& call) { return error_of(call) == ErrorKind::not_found; };
    CHECK(not_found([&] { service.grant(nobody, {}); }));
    CHECK(not_found([&] { service.attempts(nobody, 0); }));
    CHECK(not_found([&] { service.open_attempts(nobody); }));
    CHECK(not_found([&] { service.find_lease("lse_0"); }));
    CHECK(not_found([&] { service.late_reports("lse_0"); }));
    CHECK(not_found([&] { service.keep_late({.lease = "lse_0", .time = at(0)}); }));
    const StudyId id = running_trials(store, 1).study;
    CHECK(not_found([&] { service.attempts(id, 1); }));
    CHECK(not_found([&] { service.attempts(id, -1); }));
    CHECK(service.open_attempts(id).empty());
}

STORE_TEST("a trial is given once, at its attempt, and while it is unfinished") {
    TestType made;
    Store& store = *made;
    const Driver driver = running_trials(store, 3);
    const StudyId id = driver.study;
    const auto conflict = [&](const AttemptStart& start) {
        return error_of([&] { give(store, id, start); }) == ErrorKind::conflict;
    };
    CHECK(conflict(attempt(3)));         // never started
    CHECK(conflict(second_attempt(0)));  // is at its first
    give(store, id, attempt(0));
    AttemptStart again = attempt(0);
    again.lease = "lse_other";
    CHECK(conflict(again));
    AttemptStart taken = attempt(1);
    taken.lease = "lse_0";
    CHECK(conflict(taken));
    store.commit({.driver = driver, .finishes = {finish(1)}});
    CHECK(conflict(attempt(1)));
    // An attempt that is over is not given again either.
    store.commit({.driver = driver, .attempt_ends = {end_of(attempt(0), AttemptState::expired)}});
    CHECK(conflict(again));
    give(store, id, attempt(2));
    CHECK(service_store(store).open_attempts(id).size() == 1);
}

STORE_TEST("of several trials either all are given, with the answer, or none") {
    TestType made;
    Store& store = *made;
    ServiceStore& service = service_store(store);
    const StudyId id = running_trials(store, 3).study;
    const auto conflict = [&](std::vector<AttemptStart> given, const Answer& with) {
        return error_of([&] { service.grant(id, given, with); }) == ErrorKind::conflict;
    };
    AttemptStart twin = attempt(1);
    twin.lease = "lse_0";
    CHECK(conflict({attempt(0), attempt(7)}, answer("k")));
    CHECK(conflict({attempt(0), attempt(0)}, answer("k")));
    CHECK(conflict({attempt(0), twin}, answer("k")));
    CHECK(service.open_attempts(id).empty());
    CHECK_FALSE(service.find_answer("tok_1/leases", "k"));
    const std::vector first{attempt(0), attempt(1)};
    service.grant(id, first, answer("k"));
    CHECK(service.find_answer("tok_1/leases", "k") == answer("k"));
    CHECK(conflict({attempt(2)}, answer("k")));
    CHECK(service.open_attempts(id).size() == 2);
}

STORE_TEST("a grant that is not as its comments say is refused with all faults") {
    TestType made;
    Store& store = *made;
    ServiceStore& service = service_store(store);
    const StudyId id = running_trials(store, 2).study;
    AttemptStart bad = attempt(0);
    bad.lease = "with space";
    bad.worker = "";
    bad.ttl = Seconds(0);
    AttemptStart endless = attempt(1);
    endless.lease = std::string(65, 'l');
    endless.ttl = Seconds(std::numeric_limits<double>::infinity());
    const std::vector given{bad, endless};
    const auto call = [&] { service.grant(id, given); };
    CHECK(error_of(call) == ErrorKind::invalid_input);
    for (const char* place : {"lease", "worker", "ttl"})
        CHECK_THAT(message_of(call), Catch::Contains(place));
    CHECK(service.open_attempts(id).empty());
}

STORE_TEST("an attempt ends once, with the batch that says so") {
    TestType made;
    Store& store = *made;
    ServiceStore& service = service_store(store);
    const Driver driver = running_trials(store, 2);
    give(store, driver.study, attempt(0));
    const AttemptEnd end = end_of(attempt(0), AttemptState::ok);
    Batch refused{.driver = driver, .attempt_ends = {end}, .starts = {start(7)}};
    CHECK(error_of([&] { store.commit(refused); }) == ErrorKind::conflict);
    CHECK(service.find_lease("lse_0").state == AttemptState::open);

    Batch both{.driver = driver, .attempt_ends = {end, end}};
    CHECK(error_of([&] { store.commit(both); }) == ErrorKind::conflict);
    store.commit({.driver = driver, .attempt_ends = {end}, .finishes = {finish(0)}});
    const AttemptRecord record = service.find_lease("lse_0");
    CHECK(record.state == AttemptState::ok);
    CHECK(record.reason == "because");
    CHECK(record.ended == at(90));
    CHECK(service.open_attempts(driver.study).empty());
    CHECK(error_of([&] { store.commit({.driver = driver, .attempt_ends = {end}}); }) ==
          ErrorKind::conflict);
    // Nobody outside had trial 1.
    store.commit({.driver = driver, .attempt_ends = {end_of(attempt(1), AttemptState::ok)}});
    CHECK(service.attempts(driver.study, 1).empty());
    CHECK(error_of([&] {
              store.commit(
                  {.driver = driver, .attempt_ends = {end_of(attempt(1), AttemptState::open)}});
          }) == ErrorKind::internal);
}

STORE_TEST("a trial that lost its worker is given again at its next attempt") {
    TestType made;
    Store& store = *made;
    ServiceStore& service = service_store(store);
    const Driver driver = running_trials(store, 1);
    give(store, driver.study, attempt(0));
    store.commit({.driver = driver,
                  .attempt_ends = {end_of(attempt(0), AttemptState::expired)},
                  .retries = {{.number = 0, .attempt = 2, .started = at(95)}}});
    CHECK(service.open_attempts(driver.study).empty());
    CHECK(error_of([&] { give(store, driver.study, attempt(0)); }) == ErrorKind::conflict);
    give(store, driver.study, second_attempt(0));
    CHECK(states_of(service.attempts(driver.study, 0)) ==
          std::vector{AttemptState::expired, AttemptState::open});
}

STORE_TEST("whoever retries or finishes a trial supersedes the lease that is open") {
    TestType made;
    Store& store = *made;
    ServiceStore& service = service_store(store);
    const Driver driver = running_trials(store, 2);
    const std::vector given{attempt(0), attempt(1)};
    service.grant(driver.study, given);
    store.commit({.driver = driver,
                  .retries = {{.number = 0, .attempt = 2, .started = at(95)}},
                  .finishes = {finish(1)}});
    for (const char* lease : {"lse_0", "lse_1"})
        CHECK(service.find_lease(lease).state == AttemptState::superseded);
    CHECK(service.find_lease("lse_0").ended == at(95));
    CHECK(service.find_lease("lse_1").ended == finish(1).finished);
    give(store, driver.study, second_attempt(0));
}

STORE_TEST("what came too late is kept with its lease, in order") {
    TestType made;
    Store& store = *made;
    ServiceStore& service = service_store(store);
    const Driver driver = running_trials(store, 1);
    give(store, driver.study, attempt(0));
    CHECK(service.late_reports("lse_0").empty());
    const LateReport first{.lease = "lse_0", .time = at(9), .body = R"({"step": 9})"};
    const LateReport second{.lease = "lse_0", .time = at(8), .body = ""};
    service.keep_late(first);
    service.keep_late(second);
    CHECK(service.late_reports("lse_0") == std::vector{first, second});
    const LateReport large{.lease = "lse_0", .time = at(9), .body = std::string(1048577, 'x')};
    CHECK(error_of([&] { service.keep_late(large); }) == ErrorKind::invalid_input);
}

STORE_TEST("an answer is found by its scope and key until it is forgotten") {
    TestType made;
    Store& store = *made;
    ServiceStore& service = service_store(store);
    service.record(answer("k"));
    CHECK(service.find_answer("tok_1/leases", "k") == answer("k"));
    CHECK_FALSE(service.find_answer("tok_2/leases", "k"));
    CHECK_FALSE(service.find_answer("tok_1/leases", "K"));
    CHECK(error_of([&] { service.record(answer("k")); }) == ErrorKind::conflict);
    Answer elsewhere = answer("k");
    elsewhere.scope = "tok_2/leases";
    elsewhere.time = at(6);
    service.record(elsewhere);
    CHECK(service.forget_answers(at(5)) == 0);
    CHECK(service.forget_answers(at(6)) == 1);
    CHECK_FALSE(service.find_answer("tok_1/leases", "k"));
    CHECK(service.find_answer("tok_2/leases", "k") == elsewhere);
    service.record(answer("k"));
}

STORE_TEST("a batch writes its answers, and those that were there before stay") {
    TestType made;
    Store& store = *made;
    ServiceStore& service = service_store(store);
    const Driver driver = running_trials(store, 1);
    Answer other = answer("k");
    other.body = "another";
    store.commit({.driver = driver, .answers = {answer("k")}});
    store.commit({.driver = driver, .finishes = {finish(0)}, .answers = {other, answer("l")}});
    CHECK(service.find_answer("tok_1/leases", "k") == answer("k"));
    CHECK(service.find_answer("tok_1/leases", "l") == answer("l"));
    CHECK(store.trial(driver.study, 0).state == TrialState::complete);
    store.create_study(spec("t"), {.answers = {answer("created")}});
    CHECK(service.find_answer("tok_1/leases", "created"));
    CHECK(error_of([&] { store.create_study(spec("t"), {.answers = {answer("again")}}); }) ==
          ErrorKind::conflict);
    CHECK_FALSE(service.find_answer("tok_1/leases", "again"));
}

STORE_TEST("an answer without a key, or one of the server's failures, is not kept") {
    TestType made;
    Store& store = *made;
    ServiceStore& service = service_store(store);
    const auto refused = [&](const Answer& bad) {
        return error_of([&] { service.record(bad); }) == ErrorKind::invalid_input;
    };
    for (const auto& key : {std::string(), std::string("a b"), std::string(129, 'k')})
        CHECK(refused(answer(key)));
    for (const int status : {199, 500, 503}) {
        Answer failed = answer("k");
        failed.status = status;
        CHECK(refused(failed));
    }
    service.record(answer(std::string(128, 'k')));
}

STORE_TEST("of many who want the same trial exactly one gets it") {
    TestType made;
    Store& store = *made;
    constexpr TrialNumber kTrials = 20;
    const StudyId id = running_trials(store, kTrials).study;
    std::atomic<int> given = 0;
    {
        std::vector<std::jthread> threads;
        for (int thread = 0; thread < 6; ++thread)
            threads.emplace_back([&, thread] {
                for (TrialNumber number = 0; number < kTrials; ++number) {
                    AttemptStart start = attempt(number);
                    start.lease += "_" + std::to_string(thread);
                    if (!error_of([&] { give(store, id, start); }))
                        ++given;
                }
            });
    }
    CHECK(given == kTrials);
    CHECK(service_store(store).open_attempts(id).size() == kTrials);
}
