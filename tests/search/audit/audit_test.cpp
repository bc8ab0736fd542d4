// SPDX-License-Identifier: Apache-2.0
#include "search/audit/audit.h"

#include <nlohmann/json.hpp>

#include "search/audit/audit_jobs.h"
#include "tests/search/small_jobs.h"
#include "tests/support/catch.h"

namespace parnas::search {
namespace {

const std::string kJob = R"(
name: a
space: net
objectives: {accuracy: maximize}
limits: {parameters: 500}
evaluator: {type: count}
budget: {trials: 3}
)";

std::optional<Audit> read(const std::string& text) {
    return audit_of({.user = {{kAuditAttribute, text}}, .system = {}});
}

}  // namespace

TEST_CASE("an audit reads as it was written", "[search][audit]") {
    Audit audit{.options = {.networks = 2, .baselines = Baselines::none, .ceiling = true},
                .metric = "accuracy",
                .cost = Seconds(1.0 / 3.0)};
    audit.networks = {{.trial = 0, .inherited = 0.1, .alone = 0.2, .again = 0.3},
                      {.trial = 4, .inherited = 0.1, .alone = 0.2}};
    audit.no_ranking = "none \"at all\"";
    CHECK(read(dump_json(audit_json(audit))) == audit);
    audit.ranking = {.tau = 1.0 / 7.0, .low = -1.0, .high = 0.5, .count = 2};
    audit.ceiling = {.tau = 1.0, .low = 0.5, .high = 1.0, .count = 1};
    audit.reference = {0.0, 12.5};
    audit.contenders = {{.study = "a",
                         .strategy = "darts",
                         .networks = 3,
                         .cost = Seconds(2.0),
                         .hypervolume = 0.5,
                         .best = 0.9},
                        {.study = "b", .strategy = "random"}};
    CHECK(read(dump_json(audit_json(audit))) == audit);
}

TEST_CASE("what is no audit is passed over", "[search][audit]") {
    CHECK_FALSE(audit_of({}));
    for (const char* text : {"7", "{}", "[]", "{\"version\": 1}", "{\"version\": 2}", "no JSON"})
        CHECK_FALSE(read(text));
}

TEST_CASE("a job says how its study is audited", "[search][audit]") {
    CHECK(prepare(kJob).job.audit == AuditOptions{});
    CHECK(prepare(kJob + "audit: none\n").job.audit == std::nullopt);
    const JobSpec job =
        prepare(kJob + "audit: {networks: 30, baselines: random, ceiling: true}\n").job;
    CHECK(job.audit ==
          AuditOptions{.networks = 30, .baselines = Baselines::random, .ceiling = true});
    Faults faults;
    for (const auto& audit : {job.audit, std::optional<AuditOptions>()}) {
        JobSpec kept = job;
        kept.audit = audit;
        CHECK(read_job(parse_json(to_job_document(kept), "job"), "/", 4, faults).audit == audit);
    }
    CHECK(places_of_faults(kJob + "audit: {networks: 1, all: true}\n") ==
          std::vector<std::string>{"/audit/networks", "/audit/all"});
    CHECK(places_of_faults(kJob + "audit: {baselines: true}\n") ==
          std::vector<std::string>{"/audit/baselines"});
    CHECK(places_of_faults(kJob + "audit: never\n") == std::vector<std::string>{"/audit"});
}

TEST_CASE("the jobs of an audit train in full and take nothing over", "[search][audit]") {
    JobSpec audited = prepare(kJob + "finalists: 3\npruner: {type: median}\n").job;
    audited.evaluator = R"({"type":"training","epochs":2,"final_epochs":9})";
    audited.seed = 4;
    const Budget budget{.cost = Seconds(30.0)};
    const JobSpec random = audit_job(audited, AuditPart::random, budget, 5);
    const JobSpec local = audit_job(audited, AuditPart::local, budget, 5);
    const JobSpec again = audit_job(audited, AuditPart::again, budget, 5);
    CHECK(random.name == "a.audit-random");
    CHECK(local.name == "a.audit-local");
    CHECK(again.name == "a.audit-again");
    CHECK(random.strategy == R"({"type":"random"})");
    CHECK(local.strategy == R"({"type":"local_search"})");
    for (const JobSpec* job : {&random, &local, &again}) {
        CHECK(parse_json(job->evaluator, "evaluator") ==
              parse_json(R"({"type":"training","epochs":9,"final_epochs":9})", "expected"));
        CHECK(job->reuse == Reuse::none);
        CHECK(job->keep_weights == KeepWeights::none);
        CHECK(job->finalists == 0);
        CHECK_FALSE(job->pruner);
        CHECK_FALSE(job->audit);
        CHECK(job->limits == audited.limits);
        CHECK(job->objectives == audited.objectives);
        CHECK(job->seed != audited.seed);
    }
    CHECK(random.seed != local.seed);
    CHECK(random.seed != again.seed);
    CHECK(random.budget.cost == budget.cost);
    CHECK(again.budget.trials == 5);
    CHECK_FALSE(again.budget.cost);
    CHECK(again.warm_start.value().studies == std::vector<std::string>{"a.audit-random"});
}

}  // namespace parnas::search
