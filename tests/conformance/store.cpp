// SPDX-License-Identifier: Apache-2.0
// What store/store.h promises of studies, drivers and what is not a trial, for every store.
#include <atomic>
#include <set>
#include <thread>
#include <utility>

#include "tests/conformance/every_store.h"

using namespace parnas;
using namespace parnas::store;
using namespace parnas::store::samples;

STORE_TEST("a study is found by id and by name as it was created") {
    TestType made;
    Store& store = *made;
    CHECK(store.studies().empty());
    const StudyId first = store.create_study(spec("first"));
    const StudyId second = store.create_study(spec("second"));
    CHECK(first != second);

    const StudyRecord record = store.study(second);
    CHECK(record.spec.name == "second");
    CHECK(record.spec.metrics == spec("").metrics);
    CHECK(record.spec.directions == spec("").directions);
    CHECK(record.spec.job == spec("").job);
    CHECK(record.state == StudyState::running);
    CHECK(record.state_reason.empty());
    CHECK(record.trials == 0);
    CHECK(record.created > at(-1000000000));
    CHECK(store.find_study("first").id == first);
    const auto all = store.studies();
    REQUIRE(all.size() == 2);
    CHECK(all[0].id == first);
    CHECK(all[1].spec.name == "second");
}

STORE_TEST("what does not exist is not found") {
    TestType made;
    Store& store = *made;
    const auto nobody = static_cast<StudyId>(77);
    const auto not_found = [](const auto& call) { return error_of(call) == ErrorKind::not_found; };
    CHECK(not_found([&] { store.study(nobody); }));
    CHECK(not_found([&] { store.find_study("nobody"); }));
    CHECK(not_found([&] { store.acquire_study(nobody, holder(1), Seconds(1)); }));
    CHECK(not_found([&] { store.renew({.study = nobody, .epoch = 1}); }));
    CHECK(not_found([&] { store.commit({.driver = {.study = nobody, .epoch = 1}}); }));
    CHECK(not_found([&] { store.trials(nobody); }));
    CHECK(not_found([&] { store.front(nobody); }));
    CHECK(not_found([&] { store.front_history(nobody); }));
    CHECK(not_found([&] { store.events(nobody); }));
    CHECK(not_found([&] { store.artifact(hash_bytes("nothing")); }));
    const StudyId id = store.create_study(spec("s"));
    CHECK(not_found([&] { store.trial(id, 0); }));
    CHECK(not_found([&] { store.trial(id, -1); }));
}

STORE_TEST("a name is taken once, and its length is limited in characters") {
    TestType made;
    Store& store = *made;
    store.create_study(spec("s"));
    CHECK(error_of([&] { store.create_study(spec("s")); }) == ErrorKind::conflict);
    CHECK(error_of([&] { store.create_study(spec("")); }) == ErrorKind::invalid_input);
    CHECK(error_of([&] { store.create_study(spec(std::string(513, 'x'))); }) ==
          ErrorKind::invalid_input);
    std::string umlauts;
    for (int i = 0; i < 512; ++i)
        umlauts += "\u00fc";
    CHECK(store.find_study(store.study(store.create_study(spec(umlauts))).spec.name).spec.name ==
          umlauts);
    StudySpec uneven = spec("uneven");
    uneven.metrics.pop_back();
    CHECK(error_of([&] { store.create_study(uneven); }) == ErrorKind::invalid_input);
    CHECK(store.studies().size() == 2);
}

STORE_TEST("what was returned does not change later") {
    TestType made;
    Store& store = *made;
    const Driver driver = drive(store, "s");
    const StudyId id = driver.study;
    store.commit({.driver = driver, .starts = {start(0)}, .front = std::vector<TrialNumber>{0}});
    const auto study = store.study(id);
    const auto trials = store.trials(id);
    const auto fronts = store.front_history(id);
    store.commit({.driver = driver,
                  .finishes = {finish(0)},
                  .front = std::vector<TrialNumber>{},
                  .state = StudyState::complete,
                  .state_reason = "done"});
    CHECK(study.state == StudyState::running);
    CHECK(trials.at(0).state == TrialState::running);
    CHECK(fronts.size() == 1);
    CHECK(store.study(id).state == StudyState::complete);
    CHECK(store.study(id).state_reason == "done");
}

STORE_TEST("a driver that lost its study can change nothing") {
    TestType made;
    Store& store = *made;
    const StudyId id = store.create_study(spec("s"));
    CHECK(error_of([&] { store.commit({.driver = {.study = id}}); }) == ErrorKind::conflict);
    const Driver first = store.acquire_study(id, holder(1), Seconds(0));
    const Driver second = store.acquire_study(id, holder(2), Seconds(600));
    CHECK(second.epoch > first.epoch);
    CHECK(error_of([&] { store.commit({.driver = first, .starts = {start(0)}}); }) ==
          ErrorKind::conflict);
    CHECK(error_of([&] { store.renew(first); }) == ErrorKind::conflict);
    store.release(first);  // no error, and no effect on the other
    store.commit({.driver = second, .starts = {start(0)}});
    store.renew(second);
    store.release(second);
    store.release(second);
    CHECK(error_of([&] { store.commit({.driver = second}); }) == ErrorKind::conflict);
    CHECK(store.trials(id).size() == 1);
}

STORE_TEST("a study has one driver until its time is over, it is released or asks again") {
    TestType made;
    Store& store = *made;
    const StudyId id = store.create_study(spec("s"));
    const Driver first = store.acquire_study(id, holder(1), Seconds(600));
    const auto claim = [&] { store.acquire_study(id, holder(2), Seconds(600)); };
    CHECK(error_of(claim) == ErrorKind::conflict);
    CHECK_THAT(message_of(claim), Catch::Contains("another-host, process 1"));
    const Driver again = store.acquire_study(id, holder(1), Seconds(600));
    CHECK(error_of([&] { store.commit({.driver = first}); }) == ErrorKind::conflict);
    store.release(again);
    claim();
}

STORE_TEST("the driver of a dead process of this host is replaced at once") {
    TestType made;
    Store& store = *made;
    const StudyId id = store.create_study(spec("s"));
    Holder dead = this_process();
    dead.process_start += 1;  // this pid, but an earlier or later process
    store.acquire_study(id, dead, Seconds(600));
    const Driver living = store.acquire_study(id, this_process(), Seconds(600));
    store.commit({.driver = living, .starts = {start(0)}});
    CHECK(error_of([&] { store.acquire_study(id, dead, Seconds(600)); }) == ErrorKind::conflict);
}

STORE_TEST("the holder of a study is known while its claim holds") {
    TestType made;
    Store& store = *made;
    CHECK(error_of([&] { store.holder(static_cast<StudyId>(77)); }) == ErrorKind::not_found);
    const StudyId id = store.create_study(spec("s"));
    CHECK_FALSE(store.holder(id).has_value());
    const Driver driver = store.acquire_study(id, holder(1), Seconds(600));
    REQUIRE(store.holder(id).has_value());
    CHECK(store.holder(id)->host == "another-host");
    CHECK(store.holder(id)->pid == 1);
    CHECK(store.holder(id)->process_start == 1);
    store.release(driver);
    CHECK_FALSE(store.holder(id).has_value());
    store.acquire_study(id, holder(2), Seconds(0));  // over at once
    CHECK_FALSE(store.holder(id).has_value());
    Holder dead = this_process();
    dead.process_start += 1;
    store.acquire_study(id, dead, Seconds(600));
    CHECK_FALSE(store.holder(id).has_value());
}

STORE_TEST("of several claimers at once exactly one wins") {
    TestType made;
    Store& store = *made;
    const StudyId id = store.create_study(spec("s"));
    std::atomic<int> winners = 0;
    std::atomic<int> losers = 0;
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 8; ++i)
            threads.emplace_back([&, i] {
                const auto error =
                    error_of([&] { store.acquire_study(id, holder(i + 1), Seconds(600)); });
                ++(error ? losers : winners);
            });
    }
    CHECK(winners == 1);
    CHECK(losers == 7);
}

STORE_TEST("8 threads that write lose nothing") {
    TestType made;
    Store& store = *made;
    constexpr int kThreads = 8;
    constexpr TrialNumber kTrials = 25;
    std::vector<Driver> drivers;
    for (int i = 0; i < kThreads; ++i)
        drivers.push_back(drive(store, "s" + std::to_string(i)));
    std::atomic<int> read_badly = 0;
    {
        std::vector<std::jthread> threads;
        for (const Driver& driver : drivers)
            threads.emplace_back([&] {
                for (TrialNumber number = 0; number < kTrials; ++number) {
                    Batch batch = finished_trials(driver, number, 1);
                    batch.events = {{.time = at(0), .kind = "n", .body = std::to_string(number)}};
                    store.commit(batch);
                    if (store.trial(driver.study, number).state != TrialState::complete)
                        ++read_badly;
                }
            });
    }
    CHECK(read_badly == 0);
    std::set<std::int64_t> seqs;
    for (const Driver& driver : drivers) {
        const auto trials = store.trials(driver.study);
        REQUIRE(trials.size() == kTrials);
        for (TrialNumber number = 0; number < kTrials; ++number)
            CHECK(trials[static_cast<std::size_t>(number)].number == number);
        for (const Event& event : store.events(driver.study))
            seqs.insert(event.seq);
    }
    CHECK(seqs.size() == kThreads * kTrials);
}

STORE_TEST("a conflict among simultaneous commits concerns only its own batch") {
    TestType made;
    Store& store = *made;
    const Driver good = drive(store, "good");
    const Driver bad = drive(store, "bad");
    std::atomic<int> conflicts = 0;
    {
        std::vector<std::jthread> threads;
        threads.emplace_back([&] {
            for (TrialNumber number = 0; number < 50; ++number)
                store.commit(finished_trials(good, number, 1));
        });
        for (int i = 0; i < 3; ++i)
            threads.emplace_back([&] {
                for (int k = 0; k < 20; ++k)
                    if (error_of([&] {
                            store.commit({.driver = bad, .starts = {start(0), start(7)}});
                        }))
                        ++conflicts;
            });
    }
    CHECK(conflicts == 60);
    CHECK(store.trials(good.study).size() == 50);
    CHECK(store.trials(bad.study).empty());
}

STORE_TEST("artifacts are stored once") {
    TestType made;
    Store& store = *made;
    const Driver driver = drive(store, "s");
    const Artifact binary = artifact(std::string("\0\xff\n\0weights", 11));
    const Artifact empty = artifact("");
    store.commit({.driver = driver, .artifacts = {binary, empty}});
    store.commit({.driver = driver, .artifacts = {binary, binary}});
    CHECK(store.artifact(binary.id) == binary.bytes);
    CHECK(store.artifact(empty.id).empty());
}

STORE_TEST("weights stay until the last trial of any study loses them") {
    TestType made;
    Store& store = *made;
    const Artifact weights = artifact("weights");
    const auto with_weights = [&](const Driver& driver) {
        Batch batch = finished_trials(driver, 0, 2);
        batch.artifacts = {weights};
        for (TrialFinish& finish : batch.finishes)
            finish.weights = weights.id;
        store.commit(batch);
    };
    const Driver one = drive(store, "one");
    const Driver two = drive(store, "two");
    with_weights(one);
    with_weights(two);
    store.commit({.driver = one, .dropped_weights = {0, 1}});
    CHECK_FALSE(store.trial(one.study, 0).weights);
    CHECK(store.trial(two.study, 0).weights == weights.id);
    store.commit({.driver = two, .dropped_weights = {0}});
    store.commit({.driver = two, .dropped_weights = {0}});
    CHECK(store.artifact(weights.id) == "weights");
    store.commit({.driver = two, .dropped_weights = {1}});
    CHECK(error_of([&] { store.artifact(weights.id); }) == ErrorKind::not_found);
}

STORE_TEST("the front's versions are kept, the last one is the front") {
    TestType made;
    Store& store = *made;
    const Driver driver = drive(store, "s");
    const StudyId id = driver.study;
    CHECK(store.front(id).empty());
    CHECK(store.front_history(id).empty());
    Batch batch = finished_trials(driver, 0, 3);
    batch.front = std::vector<TrialNumber>{2, 0};
    batch.hypervolume = 0.75;
    store.commit(batch);
    store.commit({.driver = driver, .front = std::vector<TrialNumber>{1}});
    const auto history = store.front_history(id);
    REQUIRE(history.size() == 2);
    CHECK(history[0].version == 1);
    CHECK(history[0].members == std::vector<TrialNumber>{0, 2});
    CHECK(history[0].hypervolume == 0.75);
    CHECK(history[1].version == 2);
    CHECK_FALSE(history[1].hypervolume);
    CHECK(history[0].time <= history[1].time);
    CHECK(store.front(id) == std::vector<TrialNumber>{1});
}

STORE_TEST("events are read in the order of their sequence, after a given one") {
    TestType made;
    Store& store = *made;
    const Driver driver = drive(store, "s");
    const StudyId id = driver.study;
    const Driver other_driver = drive(store, "other");
    const StudyId other = other_driver.study;
    const auto event = [](std::string kind) {
        return Event{.time = at(3), .kind = std::move(kind), .body = R"({"a": 1})"};
    };
    store.commit({.driver = driver, .events = {event("one"), event("two")}});
    store.commit({.driver = other_driver, .events = {event("elsewhere")}});
    store.commit({.driver = driver, .events = {event("three")}});
    const auto events = store.events(id);
    REQUIRE(events.size() == 3);
    CHECK(events[0].kind == "one");
    CHECK(events[1].kind == "two");
    CHECK(events[2].kind == "three");
    CHECK(events[2].body == R"({"a": 1})");
    CHECK(events[2].time == at(3));
    CHECK(events[0].seq < events[1].seq);
    CHECK(events[1].seq < events[2].seq);
    const auto later = store.events(id, events[1].seq);
    REQUIRE(later.size() == 1);
    CHECK(later[0].seq == events[2].seq);
    CHECK(store.events(id, events[2].seq).empty());
    CHECK(store.events(other).size() == 1);
}

STORE_TEST("a study without a job may be given one, once") {
    TestType made;
    Store& store = *made;
    StudySpec foreign = spec("theirs");
    foreign.job.clear();
    foreign.metrics = {"values_0", "values_1"};
    REQUIRE(foreign.directions.size() == 2);
    const StudyId id = store.create_study(foreign, finished_trials({}, 0, 2));

    StudySpec other = spec("theirs");
    std::swap(other.directions[0], other.directions[1]);
    CHECK(error_of([&] { store.adopt_study(id, other); }) == ErrorKind::conflict);
    CHECK(error_of([&] { store.adopt_study(id, spec("mine")); }) == ErrorKind::conflict);
    CHECK(error_of([&] { store.adopt_study(static_cast<StudyId>(77), spec("theirs")); }) ==
          ErrorKind::not_found);
    CHECK(store.study(id).spec.job.empty());

    store.adopt_study(id, spec("theirs"));
    const StudyRecord record = store.study(id);
    CHECK(record.spec.job == spec("").job);
    CHECK(record.spec.metrics == spec("").metrics);
    CHECK(record.trials == 2);
    CHECK(error_of([&] { store.adopt_study(id, spec("theirs")); }) == ErrorKind::conflict);

    StudySpec named = spec("named");
    named.job.clear();
    named.metrics[0] = "score";
    const StudyId second = store.create_study(named);
    CHECK(error_of([&] { store.adopt_study(second, spec("named")); }) == ErrorKind::conflict);
}
