// SPDX-License-Identifier: Apache-2.0
// What store/service_store.h promises of workers, tokens, jobs, the audit and the events of all
// studies, for every store.
#include <atomic>
#include <set>
#include <thread>

#include "tests/conformance/every_store.h"

using namespace parnas;
using namespace parnas::store;
using namespace parnas::store::samples;

namespace {

template <typename Record>
Record at_revision(Record record, std::int64_t revision) {
    record.revision = revision;
    return record;
}

template <typename Record>
std::vector<std::string> ids_of(const std::vector<Record>& records) {
    std::vector<std::string> ids;
    for (const Record& record : records)
        ids.push_back(record.id);
    return ids;
}

}  // namespace

STORE_TEST("a study's job is changed by those who know the present one, and that is audited") {
    TestType made;
    Store& store = *made;
    ServiceStore& service = service_store(store);
    const StudyId other = store.create_study(spec("other"));
    const StudyId study = store.create_study(spec("s"));
    const std::string before = store.study(study).spec.job;
    const JobChange change{
        .job = R"({"budget": 2})", .expected = before, .audit = audit("study.budget")};
    service.change_job(study, change);
    CHECK(store.study(study).spec.job == change.job);
    CHECK(store.study(other).spec.job == before);
    CHECK(error_of([&] { service.change_job(study, change); }) == ErrorKind::conflict);
    CHECK(store.study(study).spec.job == change.job);
    CHECK(error_of([&] { service.change_job(StudyId{99}, change); }) == ErrorKind::not_found);
    REQUIRE(service.audit().size() == 1);
    CHECK(service.audit().front().action == "study.budget");
}

STORE_TEST("records are read as they were put, with their revisions") {
    TestType made;
    Store& store = *made;
    ServiceStore& service = service_store(store);
    const StudyId study = store.create_study(spec("s"));
    CHECK(service.put(worker("wrk_1")) == 1);
    CHECK(service.put(token("tok_1", "ci")) == 1);
    CHECK(service.put(job("job_1", study)) == 1);
    CHECK(service.find_worker("wrk_1") == at_revision(worker("wrk_1"), 1));
    CHECK(service.find_token("tok_1") == at_revision(token("tok_1", "ci"), 1));
    CHECK(service.find_job("job_1") == at_revision(job("job_1", study), 1));

    WorkerRecord seen = worker("wrk_1");
    seen.last_seen = at(50);
    seen.draining = false;
    CHECK(service.put(seen) == 2);
    CHECK(service.find_worker("wrk_1") == at_revision(seen, 2));
    TokenRecord revoked = token("tok_1", "ci");
    revoked.revoked = at(60);
    revoked.study.reset();
    revoked.projects.clear();
    CHECK(service.put(revoked) == 2);
    CHECK(service.find_token("tok_1") == at_revision(revoked, 2));
    JobRecord ended = job("job_1", study);
    ended.state = JobState::cancelled;
    ended.reason = "by the user";
    ended.started = at(2);
    ended.ended = at(3);
    CHECK(service.put(ended) == 2);
    CHECK(service.find_job("job_1") == at_revision(ended, 2));
}

STORE_TEST("records that were never put are not found") {
    TestType made;
    Store& store = *made;
    ServiceStore& service = service_store(store);
    const auto not_found = [](const auto& call) { return error_of(call) == ErrorKind::not_found; };
    CHECK(not_found([&] { service.find_worker("wrk_1"); }));
    CHECK(not_found([&] { service.find_token("tok_1"); }));
    CHECK(not_found([&] { service.find_job("job_1"); }));
    CHECK(not_found([&] { service.put(job("job_1", static_cast<StudyId>(77))); }));
    CHECK(service.workers().empty());
    CHECK(service.tokens().empty());
    CHECK(service.jobs().empty());
}

STORE_TEST("a put that expects another revision changes nothing") {
    TestType made;
    Store& store = *made;
    ServiceStore& service = service_store(store);
    const auto conflict = [&](std::int64_t expected) {
        WorkerRecord changed = worker("wrk_1");
        changed.name = "other";
        return error_of([&] {
                   service.put(changed,
                               {.expected = expected, .answer = answer("k"), .audit = audit("a")});
               }) == ErrorKind::conflict;
    };
    CHECK(conflict(1));
    CHECK(service.put(worker("wrk_1"), {.expected = 0}) == 1);
    CHECK(conflict(0));
    CHECK(conflict(2));
    CHECK(service.find_worker("wrk_1") == at_revision(worker("wrk_1"), 1));
    CHECK_FALSE(service.find_answer("tok_1/leases", "k"));
    CHECK(service.audit().empty());
    CHECK(service.put(worker("wrk_1"), {.expected = 1}) == 2);
}

STORE_TEST("a put keeps its answer and its audit record, and a taken key undoes it") {
    TestType made;
    Store& store = *made;
    ServiceStore& service = service_store(store);
    service.put(token("tok_1", "ci"), {.answer = answer("k"), .audit = audit("token.created")});
    CHECK(service.find_answer("tok_1/leases", "k") == answer("k"));
    REQUIRE(service.audit().size() == 1);
    const auto again = [&] {
        service.put(token("tok_2", "laptop"), {.answer = answer("k"), .audit = audit("again")});
    };
    CHECK(error_of(again) == ErrorKind::conflict);
    CHECK(ids_of(service.tokens()) == std::vector<std::string>{"tok_1"});
    CHECK(service.audit().size() == 1);
}

STORE_TEST("of many who change a record at once exactly one is first") {
    TestType made;
    Store& store = *made;
    ServiceStore& service = service_store(store);
    service.put(worker("wrk_1"));
    std::atomic<int> winners = 0;
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 6; ++i)
            threads.emplace_back([&] {
                if (!error_of([&] { service.put(worker("wrk_1"), {.expected = 1}); }))
                    ++winners;
            });
    }
    CHECK(winners == 1);
    CHECK(service.find_worker("wrk_1").revision == 2);
}

STORE_TEST("records are listed by id, page after page") {
    TestType made;
    Store& store = *made;
    ServiceStore& service = service_store(store);
    const StudyId one = store.create_study(spec("one"));
    const StudyId two = store.create_study(spec("two"));
    for (const char* number : {"3", "1", "2"}) {
        service.put(worker(std::string("wrk_") + number));
        service.put(token(std::string("tok_") + number, std::string("name") + number));
        service.put(job(std::string("job_") + number, *number == '2' ? two : one));
    }
    using Ids = std::vector<std::string>;
    CHECK(ids_of(service.workers()) == Ids{"wrk_1", "wrk_2", "wrk_3"});
    CHECK(ids_of(service.workers("", 2)) == Ids{"wrk_1", "wrk_2"});
    CHECK(ids_of(service.workers("wrk_2", 2)) == Ids{"wrk_3"});
    CHECK(service.workers("wrk_3", 2).empty());
    CHECK(ids_of(service.tokens("tok_1", 1)) == Ids{"tok_2"});
    CHECK(ids_of(service.jobs("job_1", 1)) == Ids{"job_2"});
    CHECK(ids_of(service.jobs("", 10, one)) == Ids{"job_1", "job_3"});
    CHECK(ids_of(service.jobs("job_1", 10, one)) == Ids{"job_3"});
    CHECK(ids_of(service.jobs("", 1, one)) == Ids{"job_1"});
    CHECK(ids_of(service.jobs("", 10, two)) == Ids{"job_2"});
}

STORE_TEST("a token's name is free again when the token is revoked") {
    TestType made;
    Store& store = *made;
    ServiceStore& service = service_store(store);
    service.put(token("tok_1", "ci"));
    const auto take = [&] { service.put(token("tok_2", "ci")); };
    CHECK(error_of(take) == ErrorKind::conflict);
    service.put(token("tok_1", "ci"));  // keeps its own name
    TokenRecord revoked = token("tok_1", "ci");
    revoked.revoked = at(60);
    service.put(revoked);
    take();
    CHECK(error_of([&] { service.put(token("tok_1", "ci")); }) == ErrorKind::conflict);
    CHECK(service.find_token("tok_1").revoked);
    CHECK(service.find_token("tok_2").revision == 1);
}

STORE_TEST("records that are not as their comments say are refused with all faults") {
    TestType made;
    Store& store = *made;
    ServiceStore& service = service_store(store);
    const StudyId study = store.create_study(spec("s"));
    const auto faults = [](const auto& call) {
        CHECK(error_of(call) == ErrorKind::invalid_input);
        return message_of(call);
    };
    WorkerRecord bad_worker = worker("");
    bad_worker.name = "";
    bad_worker.host = std::string(2000, 'h');
    for (const char* place : {"id", "name", "host"})
        CHECK_THAT(faults([&] { service.put(bad_worker); }), Catch::Contains(place));
    TokenRecord bad_token = token("a b", std::string(129, 'n'));
    bad_token.secret_sha256 = std::string(64, 'A');
    bad_token.scopes = {};
    for (const char* place : {"id", "name", "secret_sha256", "scopes"})
        CHECK_THAT(faults([&] { service.put(bad_token); }), Catch::Contains(place));
    JobRecord bad_job = job("job_1", study);
    bad_job.kind = "";
    bad_job.document = "{";
    for (const char* place : {"kind", "document"})
        CHECK_THAT(faults([&] { service.put(bad_job); }), Catch::Contains(place));
    AuditRecord bad_audit = audit("");
    bad_audit.detail = "{";
    for (const char* place : {"action", "detail"})
        CHECK_THAT(faults([&] { service.append(bad_audit); }), Catch::Contains(place));
    CHECK_THAT(faults([&] { service.put(worker("wrk_1"), {.audit = bad_audit}); }),
               Catch::Contains("action"));
    CHECK(service.workers().empty());
}

STORE_TEST("what a batch says of jobs is written with it") {
    TestType made;
    Store& store = *made;
    ServiceStore& service = service_store(store);
    // The study has no id yet.
    const StudyId study = store.create_study(spec("s"), {.jobs = {job("job_1", StudyId{})}});
    CHECK(service.find_job("job_1") == at_revision(job("job_1", study), 1));
    const Driver driver = store.acquire_study(study, holder(1), Seconds(600));
    JobRecord ended = job("job_1", study);
    ended.state = JobState::completed;
    ended.ended = at(9);
    Batch batch{.driver = driver, .starts = {start(7)}, .jobs = {ended}};
    CHECK(error_of([&] { store.commit(batch); }) == ErrorKind::conflict);
    CHECK(service.find_job("job_1").state == JobState::queued);
    batch.starts.clear();
    store.commit(batch);
    CHECK(service.find_job("job_1") == at_revision(ended, 2));
    batch.jobs[0].study = store.create_study(spec("other"));
    CHECK(error_of([&] { store.commit(batch); }) == ErrorKind::internal);
}

STORE_TEST("the trials of a study are counted by state") {
    TestType made;
    Store& store = *made;
    ServiceStore& service = service_store(store);
    const Driver driver = drive(store, "s");
    CHECK(service.count_trials(driver.study).empty());
    store.commit(finished_trials(driver, 0, 3));
    store.commit({.driver = driver,
                  .starts = {start(3), start(4)},
                  .finishes = {failure(3, FailureKind::crashed, "")}});
    const Driver other = drive(store, "other");
    store.commit(finished_trials(other, 0, 1));
    using Counts = std::map<TrialState, std::int64_t>;
    CHECK(service.count_trials(driver.study) ==
          Counts{{TrialState::running, 1}, {TrialState::complete, 3}, {TrialState::fail, 1}});
    CHECK(service.count_trials(other.study) == Counts{{TrialState::complete, 1}});
    CHECK(store.study(driver.study).trials == 5);
    CHECK(error_of([&] { service.count_trials(static_cast<StudyId>(77)); }) ==
          ErrorKind::not_found);
}

STORE_TEST("the audit is read in the order in which it was written") {
    TestType made;
    Store& store = *made;
    ServiceStore& service = service_store(store);
    const std::int64_t first = service.append(audit("one"));
    const std::int64_t second = service.append(audit("two"));
    const std::int64_t third = service.append(audit("three"));
    CHECK(first > 0);
    CHECK(second == first + 1);
    const auto all = service.audit();
    REQUIRE(all.size() == 3);
    AuditRecord expected = audit("one");
    expected.seq = first;
    CHECK(all[0] == expected);
    const auto page = service.audit(first, 1);
    REQUIRE(page.size() == 1);
    CHECK(page[0].action == "two");
    CHECK(service.audit(third).empty());
}

STORE_TEST("the events of all studies are read in the order of their sequence") {
    TestType made;
    Store& store = *made;
    ServiceStore& service = service_store(store);
    CHECK(service.last_seq() == 0);
    CHECK(service.events_after(0, 10).empty());
    const Driver one = drive(store, "one");
    const Driver two = drive(store, "two");
    const auto event = [](std::string kind) {
        return Event{.time = at(3), .kind = std::move(kind), .body = R"({"a": 1})"};
    };
    store.commit({.driver = one, .events = {event("a"), event("b")}});
    store.commit({.driver = two, .events = {event("c")}});
    store.commit({.driver = one, .events = {event("d")}});
    const auto all = service.events_after(0, 10);
    REQUIRE(all.size() == 4);
    CHECK(all[0].study == one.study);
    CHECK(all[0].event.kind == "a");
    CHECK(all[0].event.time == at(3));
    CHECK(all[2].study == two.study);
    CHECK(all[2].event.body == R"({"a": 1})");
    for (std::size_t i = 1; i < all.size(); ++i)
        CHECK(all[i].event.seq == all[i - 1].event.seq + 1);
    CHECK(service.last_seq() == all[3].event.seq);
    const auto page = service.events_after(all[1].event.seq, 1);
    REQUIRE(page.size() == 1);
    CHECK(page[0].event.kind == "c");
    CHECK(service.events_after(service.last_seq(), 10).empty());
}
