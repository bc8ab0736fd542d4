// SPDX-License-Identifier: Apache-2.0
// What store/store.h promises of phases and their checkpoints, for every store.
#include <cmath>

#include "tests/conformance/every_store.h"

using namespace parnas;
using namespace parnas::store;
using namespace parnas::store::samples;

namespace {

bool has_artifact(const Store& store, const std::string& bytes) {
    return error_of([&] { store.artifact(hash_bytes(bytes)); }) == std::nullopt;
}

// A phase of a study with its checkpoint of these bytes.
Batch with_checkpoint(const Driver& driver, std::int64_t index, const std::string& bytes) {
    return {.driver = driver, .phases = {phase(index, bytes)}, .artifacts = {checkpoint(bytes)}};
}

// Apart from metrics that are not among `metrics`.
void check_same(const PhaseRecord& read,
                const PhaseRecord& written,
                const std::vector<std::string>& metrics) {
    CHECK(read.index == written.index);
    CHECK(read.name == written.name);
    CHECK(read.settings == written.settings);
    CHECK(read.warm_start == written.warm_start);
    CHECK(read.told == written.told);
    for (const std::string& metric : metrics)
        CHECK(read.metrics.at(metric) == written.metrics.at(metric));
    CHECK(read.attachment == written.attachment);
    CHECK(read.cost == written.cost);
    CHECK(read.checkpoint == written.checkpoint);
    CHECK(read.kept == written.kept);
    CHECK(read.started == written.started);
    CHECK(read.finished == written.finished);
}

}  // namespace

STORE_TEST("a phase is read as it was written") {
    TestType made;
    Store& store = *made;
    const Driver driver = drive(store, "s");
    CHECK(store.phases(driver.study).empty());
    CHECK(store.study(driver.study).phases == 0);
    Batch batch = with_checkpoint(driver, 0, "one");
    batch.phases[0].metrics["gap"] = std::nan("");
    batch.phases.push_back(
        {.index = 1, .name = "shrink", .settings = "{}", .started = at(3), .finished = at(4)});
    store.commit(batch);
    const std::vector<PhaseRecord> phases = store.phases(driver.study);
    REQUIRE(phases.size() == 2);
    check_same(phases[0], phase(0, "one"), {"loss"});
    CHECK(std::isnan(phases[0].metrics.at("gap")));
    check_same(phases[1], batch.phases[1], {});
    CHECK(store.study(driver.study).phases == 2);
    CHECK(store.studies().at(0).phases == 2);
    CHECK(store.artifact(hash_bytes("one")) == "one");
    CHECK(error_of([&] { store.phases(StudyId{99}); }) == ErrorKind::not_found);
}

STORE_TEST("phases are numbered from 0 in each study") {
    TestType made;
    Store& store = *made;
    const Driver one = drive(store, "one");
    const Driver two = drive(store, "two");
    store.commit(with_checkpoint(one, 0, "a"));
    for (const std::int64_t wrong : {-1, 0, 2})
        CHECK(error_of([&] { store.commit(with_checkpoint(one, wrong, "b")); }) ==
              ErrorKind::conflict);
    CHECK_FALSE(has_artifact(store, "b"));
    store.commit(with_checkpoint(two, 0, "b"));
    store.commit(with_checkpoint(one, 1, "c"));
    CHECK(store.phases(one.study).size() == 2);
    CHECK(store.phases(two.study).size() == 1);
}

STORE_TEST("a dropped checkpoint goes, and the phase still says which it was") {
    TestType made;
    Store& store = *made;
    const Driver driver = drive(store, "s");
    store.commit(with_checkpoint(driver, 0, "a"));
    Batch next = with_checkpoint(driver, 1, "b");
    next.dropped_checkpoints = {0};
    store.commit(next);
    CHECK_FALSE(has_artifact(store, "a"));
    CHECK(has_artifact(store, "b"));
    const std::vector<PhaseRecord> phases = store.phases(driver.study);
    CHECK(phases.at(0).checkpoint == hash_bytes("a"));
    CHECK_FALSE(phases.at(0).kept);
    CHECK(phases.at(1).kept);
    store.commit({.driver = driver, .dropped_checkpoints = {0}});
    CHECK(error_of([&] { store.commit({.driver = driver, .dropped_checkpoints = {2}}); }) ==
          ErrorKind::conflict);
}

STORE_TEST("a checkpoint stays while a trial starts from it or another phase keeps it") {
    TestType made;
    Store& store = *made;
    const Driver one = drive(store, "one");
    const Driver two = drive(store, "two");
    store.commit(with_checkpoint(one, 0, "a"));
    store.commit(with_checkpoint(one, 1, "b"));
    store.commit(with_checkpoint(two, 0, "b"));
    TrialStart begins = start(0);
    begins.warm_start = hash_bytes("a");
    store.commit({.driver = two, .starts = {begins}});
    store.commit({.driver = one, .dropped_checkpoints = {0, 1}});
    CHECK(has_artifact(store, "a"));
    CHECK(has_artifact(store, "b"));
    store.commit({.driver = two, .dropped_checkpoints = {0}});
    CHECK_FALSE(has_artifact(store, "b"));
}

STORE_TEST("a dropped checkpoint stays as the weights of a trial, and goes with them") {
    TestType made;
    Store& store = *made;
    const Driver driver = drive(store, "s");
    Batch batch = with_checkpoint(driver, 0, "weights");  // as finish() has them
    batch.starts = {start(0)};
    batch.finishes = {finish(0)};
    store.commit(batch);
    store.commit({.driver = driver, .dropped_checkpoints = {0}});
    CHECK(has_artifact(store, "weights"));
    store.commit({.driver = driver, .dropped_weights = {0}});
    CHECK_FALSE(has_artifact(store, "weights"));
}

STORE_TEST("a study begins with phases, and keeps the checkpoints that the store has") {
    TestType made;
    Store& store = *made;
    const Driver driver = drive(store, "s");
    store.commit(with_checkpoint(driver, 0, "here"));
    const StudyId clone =
        store.create_study(spec("clone"), {.phases = {phase(0, "gone"), phase(1, "here")}});
    const std::vector<PhaseRecord> phases = store.phases(clone);
    REQUIRE(phases.size() == 2);
    CHECK_FALSE(phases[0].kept);
    CHECK(phases[0].checkpoint == hash_bytes("gone"));
    CHECK(phases[1].kept);
    store.commit({.driver = driver, .dropped_checkpoints = {0}});
    CHECK(has_artifact(store, "here"));
}

STORE_TEST("a batch with a wrong phase is refused, and nothing of it is written") {
    TestType made;
    Store& store = *made;
    const Driver driver = drive(store, "s");
    const auto refused = [&](const PhaseRecord& wrong) {
        const auto kind = error_of(
            [&] { store.commit({.driver = driver, .starts = {start(0)}, .phases = {wrong}}); });
        return kind == ErrorKind::internal && store.study(driver.study).trials == 0;
    };
    PhaseRecord wrong = phase(0, "a");
    wrong.name = "";
    CHECK(refused(wrong));
    wrong = phase(0, "a");
    wrong.settings = "{";
    CHECK(refused(wrong));
    wrong = phase(0, "a");
    wrong.attachment = "[1";
    CHECK(refused(wrong));
    wrong = phase(0, "a");
    wrong.cost = Seconds(std::nan(""));
    CHECK(refused(wrong));
    wrong = phase(0, "a");
    wrong.checkpoint.reset();
    CHECK(refused(wrong));
}
