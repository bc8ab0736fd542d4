// SPDX-License-Identifier: Apache-2.0
#include "api/service/study_host.h"

#include <atomic>

#include <nlohmann/json.hpp>

#include "api/service/jobs.h"
#include "tests/api/service/hosted_studies.h"
#include "tests/support/fake_store.h"

namespace parnas::service {

TEST_CASE("many studies run at once, each with workers of this process", "[api][study_host]") {
    const auto store = store::make_memory_store();
    std::atomic<int> ended = 0;
    StudyHost host(*store,
                   [](const store::StudyRecord& study, const std::stop_token&) {
                       return search::prepare(study.spec.job);
                   },
                   {.on_end = [&](StudyId, const search::StudyEnd& end) {
                       ended += end.state == store::StudyState::complete;
                   }});
    std::vector<StudyId> studies;
    for (int i = 0; i < 5; ++i) {
        studies.push_back(search::create_study(
            search::prepare(small_job("study" + std::to_string(i), 30)), *store));
        host.drive(studies.back(), {.workers = 1});
    }
    for (const StudyId study : studies) {
        wait_for_end(host, study);
        CHECK(store->study(study).state == store::StudyState::complete);
        CHECK(store->trials(study).size() == 30);
    }
    host.stop_all();
    CHECK(ended == 5);
}

TEST_CASE("a study is driven once, and again after it was stopped", "[api][study_host]") {
    const auto store = store::make_memory_store();
    Hosting hosting(*store);
    const StudyId study = hosting.create("one", 1000);
    hosting.host.drive(study, {});
    CHECK_THROWS_AS(hosting.host.drive(study, {}), Error);
    CHECK(hosting.host.driven().size() == 1);
    hosting.host.stop(study);
    wait_for_end(hosting.host, study);
    CHECK(hosting.host.driven().empty());
    CHECK(hosting.host.find(study)->end()->state == store::StudyState::stopped);
    hosting.host.drive(study, {});
    CHECK(hosting.take(study).leases.size() == 1);
}

TEST_CASE("a job's study is made and deleted with it, whoever evaluates", "[api][jobs]") {
    const auto store = store::make_memory_store();
    store::ServiceStore& kept = store::service_store(*store);
    Hosting hosting(*store);
    Jobs jobs(
        *store,
        hosting.host,
        [](const Json& document) { return search::prepare(dump_json(document)); },
        1);
    const Json document = parse_json(
        R"({"name": "gone", "space": "mixed", "objectives": {"accuracy": "maximize"},
            "evaluator": {"type": "count"}, "strategy": {"type": "random"}, "reuse": "none",
            "budget": {"trials": 100}, "lag": "none"})",
        "job");
    const store::JobRecord job = jobs.submit(document, {.id = jobs.make_id()});
    CHECK(job.state == store::JobState::running);
    CHECK(kept.find_job(job.id).study == store->find_study("gone").id);
    const Granted granted = hosting.take(job.study);
    REQUIRE(granted.leases.size() == 1);
    const std::string lease = granted.leases.front().attempt.lease;
    CHECK_FALSE(hosting.leases.was_deleted(lease));

    jobs.remove(job.study, "tok_1");
    CHECK(store->studies().empty());
    CHECK(kept.jobs().empty());
    CHECK(hosting.host.driven().empty());
    REQUIRE(kept.audit().size() == 1);
    CHECK(kept.audit().front().action == "study.deleted");
    CHECK(kept.audit().front().actor == "tok_1");
    const auto kind_of = [](const auto& send) {
        try {
            send();
            return ErrorKind::internal;
        } catch (const Error& error) {
            return error.kind();
        }
    };
    CHECK(kind_of([&] { hosting.leases.renew(lease, 1); }) == ErrorKind::not_found);
    CHECK(kind_of([&] { hosting.finish(granted.leases.front()); }) == ErrorKind::not_found);
    CHECK(hosting.leases.was_deleted(lease));
    CHECK_FALSE(hosting.leases.was_deleted("lse_never"));
    CHECK(kind_of([&] { jobs.remove(job.study, "tok_1"); }) == ErrorKind::not_found);
}

TEST_CASE("a host that stops drives no more", "[api][study_host]") {
    const auto store = store::make_memory_store();
    Hosting hosting(*store);
    const StudyId study = hosting.create("one", 1);
    hosting.host.stop_all();
    CHECK(hosting.host.stopping());
    CHECK_THROWS_AS(hosting.host.drive(study, {}), Error);
}

}  // namespace parnas::service
