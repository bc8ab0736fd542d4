// SPDX-License-Identifier: Apache-2.0
#include "api/rest/jobs.h"

#include <chrono>
#include <thread>

#include <fmt/format.h>

#include "api/rest/added_trials.h"
#include "api/rest/study_reading.h"
#include "api/rest/trial_reading.h"
#include "api/service/leases.h"
#include "search/clone_study.h"
#include "tests/api/rest/small_service.h"
#include "tests/search/small_jobs.h"

namespace parnas::rest {
namespace {

using Clock = search::LeaseDesk::Clock;

// A service that searches, and whoever evaluates for it.
struct SearchDesk {
    ~SearchDesk() { host.stop_all(); }
    SearchDesk() = default;
    SearchDesk(const SearchDesk&) = delete;
    SearchDesk& operator=(const SearchDesk&) = delete;

    // With as many trials as budget.
    StudyId create(const std::string& name, int trials, const std::string& more = {}) {
        api.json("POST",
                 "/v1/studies",
                 201,
                 fmt::format(R"({{"job": {{"name": "{}", "space": "mixed", "objectives": )"
                             R"({{"accuracy": "maximize"}}, "evaluator": {{"type": "count"}}, )"
                             R"("strategy": {{"type": "random"}}, "reuse": "none", )"
                             R"("budget": {{"trials": {}}}, "lag": "none"{}}}}})",
                             name,
                             trials,
                             more));
        return small.store->find_study(name).id;
    }

    // Evaluates the next trial; false: there is none any more.
    bool evaluate(StudyId study, const std::optional<Failure>& failure = std::nullopt) {
        const service::Granted granted = leases.take(
            {.worker = "wrk_1", .study = study, .until = Clock::now() + std::chrono::seconds(20)},
            {},
            {});
        if (granted.leases.empty())
            return false;
        const service::GrantedLease& lease = granted.leases.front();
        Outcome outcome = Measurement{.metrics = {{"accuracy", 0.5}}};
        if (failure)
            outcome = *failure;
        leases.settle(leases.hand_in(lease.attempt.lease, lease.attempt.attempt, outcome));
        return true;
    }

    void wait_for_end(StudyId study) const {
        while (!host.find(study)->end())
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }

    // How many there were.
    int evaluate_all(StudyId study) {
        int trials = 0;
        while (evaluate(study))
            ++trials;
        wait_for_end(study);
        return trials;
    }

    http::Response patch(const std::string& study, const std::string& body) {
        const http::Response seen = api.ask("GET", "/v1/studies/" + study);
        return api.ask(
            "PATCH", "/v1/studies/" + study, {{"If-Match", *seen.headers.find("ETag")}}, body);
    }

    tests::SmallService small;
    service::StudyHost host{*small.store,
                            [](const store::StudyRecord& study, const std::stop_token&) {
                                return search::prepare(study.spec.job);
                            },
                            {.pause = Seconds(0.002)}};
    service::Leases leases{host, *small.store, 1, {}};
    service::Jobs jobs{*small.store,
                       host,
                       [](const Json& document) { return search::prepare(dump_json(document)); },
                       2};
    tests::SmallApi api = small.api(add_study_reading,
                                    add_trial_reading,
                                    [this](Operations& to, const Service& service) {
                                        add_jobs(to, service, jobs);
                                        add_added_trials(to, service, jobs);
                                    });
};

std::vector<std::string> pointers_of(const Json& problem) {
    std::vector<std::string> pointers;
    for (const Json& fault : problem["errors"])
        pointers.push_back(fault["pointer"].get<std::string>());
    return pointers;
}

}  // namespace

TEST_CASE("a study goes on to the budget that it is given, while it runs and after it ended",
          "[api][rest][jobs]") {
    SearchDesk desk;
    const StudyId study = desk.create("grows", 2);
    const http::Response patched = desk.patch("grows", R"({"budget": {"trials": 4}})");
    REQUIRE(patched.status == 200);
    CHECK(parse_json(patched.body, "study")["job"]["budget"]["trials"] == 4);
    CHECK(desk.evaluate_all(study) == 4);
    CHECK(desk.small.store->study(study).state_reason == "budget: 4 trials");

    SECTION("a larger one and a job resume a search that has ended") {
        REQUIRE(desk.patch("grows", R"({"budget": {"trials": 5}})").status == 200);
        desk.api.json("POST", "/v1/jobs", 202, R"({"study": "grows"})");
        CHECK(desk.evaluate_all(study) == 1);
        CHECK(desk.small.store->study(study).state_reason == "budget: 5 trials");
    }
    SECTION("a change is based on what the client has seen") {
        const std::string body = R"({"budget": {"trials": 9}})";
        const std::string path = "/v1/studies/grows";
        CHECK(desk.api.ask("PATCH", path, {}, body).status == 428);
        CHECK(desk.api.ask("PATCH", path, {{"If-Match", "\"1-x\""}}, body).status == 412);
        const http::Response bad = desk.patch("grows", R"({"budget": {"wall_time": "soon"}})");
        CHECK(bad.status == 422);
        CHECK(pointers_of(parse_json(bad.body, "problem")) ==
              std::vector<std::string>{"/budget/wall_time"});
        CHECK(parse_json(desk.small.store->study(study).spec.job, "job")["budget"]["trials"] == 4);
    }
}

TEST_CASE("the budget of a search that is another program's is not changed", "[api][rest][jobs]") {
    SearchDesk desk;
    const StudyId study = desk.create("driven", 3);
    desk.host.stop(study);
    desk.wait_for_end(study);
    desk.small.store->acquire_study(study, store::samples::holder(7), Seconds(60.0));
    CHECK(desk.patch("driven", R"({"budget": {"trials": 5}})").status == 409);
}

TEST_CASE("a clone has the job of its study, but for what is overridden", "[api][rest][jobs]") {
    SearchDesk desk;
    const StudyId first = desk.create("first", 3, R"(, "lease": {"ttl": "2min"}, "seed": 5)");
    const auto clone = [&](const std::string& body, int status) {
        return desk.api.json("POST", "/v1/studies/first/clones", status, body);
    };
    CHECK(clone(R"({"name": "first"})", 409)["type"].get<std::string>().ends_with("name-taken"));
    // Nothing is there to start from.
    CHECK(clone(R"({"name": "warm", "warm_start": true})", 422)["status"] == 422);
    REQUIRE(desk.evaluate_all(first) == 3);

    SECTION("members are replaced, removed and kept") {
        const Json study = clone(
            R"({"name": "second", "overrides": {"budget": {"trials": 5}, "lease": null}})", 201);
        CHECK(study["job"]["budget"] == Json{{"trials", 5}});
        CHECK(study["job"]["seed"] == 5);
        CHECK_FALSE(study["job"].contains("lease"));
        CHECK(desk.small.store->attributes(desk.small.store->find_study("second").id)
                  .system.at(search::kClonedFrom) == R"({"study":"first","trials":0})");
        CHECK(desk.evaluate_all(desk.small.store->find_study("second").id) == 5);
    }
    SECTION("with a warm start it tries the front first") {
        clone(R"({"name": "warm", "warm_start": true})", 201);
        const StudyId warm = desk.small.store->find_study("warm").id;
        desk.evaluate_all(warm);
        const TrialNumber best = desk.small.store->front(first).front();
        CHECK(desk.small.store->trial(warm, 0).params ==
              desk.small.store->trial(first, best).params);
    }
    SECTION("what does not fit is told at once") {
        const Json problem = clone(
            R"({"name": "bad", "overrides": {"budget": {"trials": 0}, "confidence": 7}})", 422);
        CHECK(pointers_of(problem) ==
              std::vector<std::string>{"/overrides/budget/trials", "/overrides/confidence"});
        CHECK(pointers_of(clone(R"({"name": "bad", "overrides": {"name": "worse"}})", 422)) ==
              std::vector<std::string>{"/overrides/name"});
    }
}

TEST_CASE("a warm start is from studies that the caller sees", "[api][rest][jobs]") {
    SearchDesk desk;
    const StudyId secret = desk.create("secret", 1);
    desk.evaluate_all(secret);
    desk.create("own", 1);
    desk.api.access.callers["Bearer bound"] = {
        .token = "tok_bound", .scopes = {"read", "submit"}, .projects = {"elsewhere"}};
    const std::string job =
        R"({"name": "thief", "space": "mixed", "objectives": {"accuracy": "maximize"},
            "evaluator": {"type": "count"}, "budget": {"trials": 3},
            "warm_start": {"study": "secret"}})";
    const auto ask = [&](const std::string& path, const std::string& body) {
        return desk.api.ask("POST", path, {{"Authorization", "Bearer bound"}}, body).status;
    };
    CHECK(ask("/v1/jobs", fmt::format(R"({{"study": {}, "project": "elsewhere"}})", job)) == 422);
    CHECK(ask("/v1/studies", fmt::format(R"({{"job": {}, "project": "elsewhere"}})", job)) == 422);
    CHECK(desk.small.store->studies().size() == 2);
}

TEST_CASE("points that are added are tried, and results that are added are known",
          "[api][rest][jobs]") {
    SearchDesk desk;
    const StudyId study = desk.create("added", 5);
    const std::string path = "/v1/studies/added/trials";
    const auto params_of = [&](std::uint64_t seed) {
        const tests::FakeSpace space = tests::mixed_space();
        Rng rng(seed);
        Json params = Json::object();
        for (const auto& [name, value] :
             spaces::to_assignment(space.params(), spaces::sample_feasible(space, rng)))
            params[name] = to_json(value);
        return params;
    };
    const Json body{{"trials",
                     {{{"params", params_of(1)}, {"reason", "a guess"}},
                      {{"params", params_of(2)}, {"metrics", {{"accuracy", 9.0}}}}}}};

    SECTION("once for each key, and with the search's own in one count") {
        const http::Headers key{{"Idempotency-Key", "k1"}};
        const http::Response made = desk.api.ask("POST", path, key, dump_json(body));
        REQUIRE(made.status == 201);
        const Json numbers = parse_json(made.body, "answer")["trials"];
        REQUIRE(numbers.size() == 2);
        const auto kept = desk.small.kept.find_answer("tok_all:add_trials", "k1");
        REQUIRE(kept.has_value());
        CHECK(kept->status == 201);
        const store::TrialRecord known = desk.small.store->trial(study, numbers[1]);
        CHECK(known.state == TrialState::complete);
        CHECK(known.metrics.at("accuracy") == 9.0);
        CHECK(desk.small.store->front(study) == std::vector<TrialNumber>{numbers[1]});
        CHECK(desk.evaluate_all(study) == 4);
        const store::TrialRecord tried = desk.small.store->trial(study, numbers[0]);
        CHECK(tried.state == TrialState::complete);
        CHECK(tried.user_attributes.at("reason") == R"("a guess")");
        CHECK(desk.api.json("POST", path, 409, dump_json(body))["status"] == 409);
    }
    SECTION("all that does not fit is told at once, and nothing is added") {
        Json faulty = body;
        faulty["trials"][0]["params"]["nonsense"] = 1;
        faulty["trials"][1]["metrics"] = {{"loss", 1.0}};
        faulty["trials"].push_back({{"params", Json::object()}, {"metrics", {{"accuracy", 1.0}}}});
        CHECK(pointers_of(desk.api.json("POST", path, 422, dump_json(faulty))) ==
              std::vector<std::string>{
                  "/trials/0/params/nonsense", "/trials/1/metrics", "/trials/2/params"});
        CHECK(desk.evaluate_all(study) == 5);
    }
}

TEST_CASE("a failed trial is tried again as a new one", "[api][rest][jobs]") {
    SearchDesk desk;
    const StudyId study = desk.create("again", 10);
    REQUIRE(desk.evaluate(study, Failure{FailureKind::crashed, "a cable"}));
    REQUIRE(desk.evaluate(study, Failure{FailureKind::infeasible, "too large"}));
    REQUIRE(desk.evaluate(study));
    const auto retry = [&](int trial, int status) {
        return desk.api.json(
            "POST", fmt::format("/v1/studies/again/trials/{}/retries", trial), status);
    };
    CHECK(retry(1, 409)["status"] == 409);
    CHECK(retry(2, 409)["status"] == 409);
    CHECK(retry(99, 404)["status"] == 404);
    const Json again = retry(0, 202);
    CHECK(again["retry_of"] == 0);
    const TrialNumber number = again["trial"];
    desk.evaluate_all(study);
    const store::TrialRecord failed = desk.small.store->trial(study, 0);
    const store::TrialRecord tried = desk.small.store->trial(study, number);
    CHECK(failed.state == TrialState::fail);
    CHECK(tried.state == TrialState::complete);
    CHECK(tried.genotype == failed.genotype);
    CHECK(tried.user_attributes.at("retry_of") == "0");
}

}  // namespace parnas::rest
