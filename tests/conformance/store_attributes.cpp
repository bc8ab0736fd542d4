// SPDX-License-Identifier: Apache-2.0
// What store/store.h promises of attributes and of studies that do not begin empty.
#include <atomic>
#include <thread>

#include "store/annotations.h"
#include "tests/conformance/every_store.h"

using namespace parnas;
using namespace parnas::store;
using namespace parnas::store::samples;

namespace {

void set(Store& store, StudyId id, const AttributeChange& change) {
    store.set_attributes(id, {&change, 1});
}

std::string user(const Store& store, StudyId id, const std::string& key) {
    const StudyAttributes attributes = store.attributes(id);
    const auto found = attributes.user.find(key);
    return found == attributes.user.end() ? std::string() : found->second;
}

}  // namespace

STORE_TEST("attributes are set and replaced, and kept as they were written") {
    TestType made;
    Store& store = *made;
    const StudyId id = store.create_study(spec("s"));
    CHECK(store.attributes(id).user.empty());
    CHECK(store.attributes(id).system.at("study:metric_names") == R"(["accuracy","latency_ms"])");
    for (const char* value : {"1",
                              R"({"a": [1, NaN, -Infinity]})",
                              R"("caf\u00e9")",
                              "Infinity",
                              "123456789012345678901234567890"}) {
        set(store, id, {.key = "k", .value = value});
        set(store, id, {.kind = AttributeKind::system, .key = "k", .value = "2"});
        CHECK(user(store, id, "k") == value);
    }
    CHECK(store.attributes(id).system.at("k") == "2");
    const StudyId other = store.create_study(spec("other"));
    CHECK(store.attributes(other).user.empty());
}

STORE_TEST("what is no key or no JSON is refused, all of it, with every fault") {
    TestType made;
    Store& store = *made;
    const StudyId id = store.create_study(spec("s"));
    const auto refused = [&](std::string key, std::string value) {
        const AttributeChange change{.key = std::move(key), .value = std::move(value)};
        return error_of([&] { set(store, id, change); }) == ErrorKind::invalid_input;
    };
    CHECK(refused("", "1"));
    CHECK(refused(std::string(513, 'k'), "1"));
    CHECK_FALSE(refused(std::string(512, 'k'), "1"));
    for (const char* text : {"", "{", "tru", "1 2", "NaNa", "1NaN", "[1,]", "{'a': 1}", "\"a"})
        CHECK(refused("k", text));
    CHECK(refused("k", '"' + std::string(1U << 20U, 'x') + '"'));
    CHECK_FALSE(refused("k", '"' + std::string((1U << 20U) - 2, 'x') + '"'));

    const std::vector<AttributeChange> half{{.key = "good", .value = "1"},
                                            {.key = "bad", .value = "?"}};
    CHECK(error_of([&] { store.set_attributes(id, half); }) == ErrorKind::invalid_input);
    CHECK(user(store, id, "good").empty());
}

STORE_TEST("a trial's attributes change until it is finished, with and without a driver") {
    TestType made;
    Store& store = *made;
    const Driver driver = drive(store, "s");
    const StudyId id = driver.study;
    store.commit({.driver = driver,
                  .starts = {start(0), start(1)},
                  .attributes = {{.trial = 1, .key = "by", .value = "\"driver\""}}});
    set(store, id, {.trial = 0, .key = "reason", .value = "\"mine\""});
    set(store, id, {.trial = 0, .kind = AttributeKind::system, .key = "s", .value = "1"});
    CHECK(store.trial(id, 0).user_attributes.at("reason") == "\"mine\"");
    CHECK(store.trial(id, 0).system_attributes.at("s") == "1");
    CHECK(store.trial(id, 1).user_attributes.at("by") == "\"driver\"");
    store.commit({.driver = driver, .finishes = {finish(0)}});
    const std::vector<AttributeChange> late{{.key = "study", .value = "1"},
                                            {.trial = 0, .key = "late", .value = "1"}};
    CHECK(error_of([&] { store.set_attributes(id, late); }) == ErrorKind::conflict);
    CHECK(user(store, id, "study").empty());
    CHECK_FALSE(store.trial(id, 0).user_attributes.contains("late"));
    CHECK(store.trial(id, 0).user_attributes.at("reason") == "\"mine\"");

    const auto not_found = [&](StudyId study, TrialNumber trial) {
        const AttributeChange change{.trial = trial, .key = "k", .value = "1"};
        return error_of([&] { set(store, study, change); }) == ErrorKind::not_found;
    };
    CHECK(not_found(id, 2));
    CHECK(not_found(id, -1));
    CHECK(not_found(static_cast<StudyId>(77), 0));
    CHECK(error_of([&] { store.attributes(static_cast<StudyId>(77)); }) == ErrorKind::not_found);
    CHECK(error_of([&] { store.set_attributes(static_cast<StudyId>(77), {}); }) ==
          ErrorKind::not_found);
}

STORE_TEST("of many who read, change and write one attribute nobody is overwritten") {
    TestType made;
    Store& store = *made;
    const StudyId id = store.create_study(spec("s"));
    std::atomic<int> others = 0;  // errors that are no conflicts; CHECK is for one thread
    const auto append = [&](char letter) {
        for (;;) {
            const std::string before = user(store, id, "word");
            const std::string word = before.empty() ? "" : before.substr(1, before.size() - 2);
            try {
                set(store,
                    id,
                    {.key = "word", .value = '"' + word + letter + '"', .expected = before});
                return;
            } catch (const Error& error) {
                others += error.kind() != ErrorKind::conflict;
            }
        }
    };
    {
        std::vector<std::jthread> threads;
        for (char letter = 'a'; letter < 'e'; ++letter)
            threads.emplace_back([&, letter] {
                for (int i = 0; i < 5; ++i)
                    append(letter);
            });
    }
    CHECK(others == 0);
    CHECK(user(store, id, "word").size() == 22);
    CHECK(error_of([&] { set(store, id, {.key = "word", .value = "1", .expected = ""}); }) ==
          ErrorKind::conflict);
}

STORE_TEST("a study begins with what it is given, or is not made at all") {
    TestType made;
    Store& store = *made;
    Batch first = finished_trials({}, 0, 2);
    first.starts.push_back(start(2));
    first.artifacts = {artifact("weights")};
    first.finishes[1].weights = hash_bytes("gone");
    first.attributes = {{.kind = AttributeKind::system, .key = "from", .value = "\"x\""}};
    first.front = std::vector<TrialNumber>{1};
    first.events = {{.time = at(0), .kind = "cloned", .body = "{}"}};
    first.state = StudyState::stopped;
    first.state_reason = "a copy";

    Batch bad = first;
    bad.starts.push_back(start(7));
    CHECK(error_of([&] { store.create_study(spec("s"), bad); }) == ErrorKind::conflict);
    CHECK(store.studies().empty());

    const StudyId id = store.create_study(spec("s"), first);
    const auto trials = store.trials(id);
    REQUIRE(trials.size() == 3);
    CHECK(trials[0].values == finish(0).values);
    CHECK(trials[0].weights == artifact("weights").id);
    CHECK_FALSE(trials[1].weights);
    CHECK(trials[2].state == TrialState::running);
    CHECK(store.attributes(id).system.at("from") == "\"x\"");
    CHECK(store.front(id) == std::vector<TrialNumber>{1});
    CHECK(store.events(id).size() == 1);
    CHECK(store.study(id).state == StudyState::stopped);
    CHECK(store.study(id).state_reason == "a copy");
    CHECK_FALSE(store.holder(id));
    const Driver driver = store.acquire_study(id, holder(1), Seconds(600));
    store.commit({.driver = driver, .starts = {start(3)}, .finishes = {finish(2)}});
    CHECK(error_of([&] { store.create_study(spec("s"), first); }) == ErrorKind::conflict);
}

STORE_TEST("a trial's id is its own in the whole store, and ascends") {
    TestType made;
    Store& store = *made;
    const Driver one = drive(store, "one");
    const Driver two = drive(store, "two");
    store.commit(finished_trials(one, 0, 2));
    store.commit(finished_trials(two, 0, 1));
    store.commit(finished_trials(one, 2, 1));
    const auto trials = store.trials(one.study);
    CHECK(trials[0].id < trials[1].id);
    CHECK(trials[1].id < store.trial(two.study, 0).id);
    CHECK(store.trial(two.study, 0).id < trials[2].id);
}

STORE_TEST("notes and tags are written beside studies and trials, finished ones too") {
    TestType made;
    Store& store = *made;
    const Driver driver = drive(store, "s");
    const StudyId id = driver.study;
    store.commit(finished_trials(driver, 0, 2));
    const auto of_trial = [&](TrialNumber number) {
        return annotations_of_trial(store.attributes(id), store.trial(id, number));
    };
    annotate(store, id, {}, {.note = "# Why\n\u00fc", .tag = {"paper", "a"}});
    annotate(store, id, 1, {.note = "best", .tag = {"keep", "keep"}});
    CHECK(annotations_of_study(store.attributes(id)).note == "# Why\n\u00fc");
    CHECK(annotations_of_study(store.attributes(id)).tags ==
          std::vector<std::string>{"a", "paper"});
    CHECK(of_trial(1).note == "best");
    CHECK(of_trial(1).tags == std::vector<std::string>{"keep"});
    CHECK(of_trial(0).note.empty());
    annotate(store, id, 1, {.tag = {"x"}, .untag = {"keep", "absent"}});
    CHECK(of_trial(1).tags == std::vector<std::string>{"x"});
    CHECK(of_trial(1).note == "best");

    CHECK(error_of([&] { annotate(store, id, 2, {.note = "?"}); }) == ErrorKind::not_found);
    CHECK(error_of([&] { annotate(store, id, 1, {.tag = {""}}); }) == ErrorKind::invalid_input);
    CHECK(error_of([&] {
              annotate(store, id, 1, {.note = "lost", .user_attributes = {{"k", "1"}}});
          }) == ErrorKind::conflict);
    CHECK(of_trial(1).note == "best");
    set(store, id, {.key = "tags", .value = "7"});
    CHECK(error_of([&] { annotate(store, id, {}, {.tag = {"a"}}); }) == ErrorKind::conflict);
}

STORE_TEST("a note is kept in parts as optuna-dashboard keeps it") {
    TestType made;
    Store& store = *made;
    const StudyId id = store.create_study(spec("s"));
    std::string umlauts;
    for (int i = 0; i < 2046; ++i)
        umlauts += "\u00fc";
    annotate(store, id, {}, {.note = umlauts});
    const Attributes system = store.attributes(id).system;
    CHECK(system.at("dashboard:note_ver") == "1");
    CHECK(system.at("dashboard:note_str:0").size() == 2 * 2045 + 2);
    CHECK(system.at("dashboard:note_str:1") == "\"\u00fc\"");
    CHECK_FALSE(system.contains("dashboard:note_str:2"));
    CHECK(annotations_of_study(store.attributes(id)).note == umlauts);
    annotate(store, id, {}, {.note = "short"});
    CHECK(store.attributes(id).system.at("dashboard:note_ver") == "2");
    CHECK(store.attributes(id).system.at("dashboard:note_str:1") == "\"\"");
    CHECK(annotations_of_study(store.attributes(id)).note == "short");
    annotate(store, id, {}, {.note = ""});
    CHECK(annotations_of_study(store.attributes(id)).note.empty());
}

STORE_TEST("tags that many add at once are all there") {
    TestType made;
    Store& store = *made;
    const StudyId id = store.create_study(spec("s"));
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 8; ++i)
            threads.emplace_back([&, i] { annotate(store, id, {}, {.tag = {std::to_string(i)}}); });
    }
    CHECK(annotations_of_study(store.attributes(id)).tags.size() == 8);
}
