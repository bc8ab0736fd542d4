// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "api/rest/audit.h"
#include "api/rest/job_reading.h"
#include "api/rest/store_answers.h"
#include "api/rest/token_reading.h"
#include "api/rest/trial_reading.h"
#include "api/rest/worker_reading.h"
#include "tests/api/rest/small_service.h"

using namespace parnas;
using namespace std::chrono_literals;
using tests::SmallService;
namespace samples = store::samples;

namespace {

// "wrk_0000000000000000000000000<digit>"
std::string id_of(const std::string& prefix, int digit) {
    return prefix + '_' + std::string(25, '0') + std::to_string(digit);
}

store::WorkerRecord worker(int digit) {
    return {.id = id_of("wrk", digit),
            .name = "gpu-" + std::to_string(digit),
            .host = "node",
            .pid = 17,
            .version = "0.1.0",
            .registered = now(),
            .last_seen = now()};
}

store::JobRecord job(int digit, StudyId study) {
    return {.id = id_of("job", digit),
            .study = study,
            .kind = "search",
            .document = "{}",
            .submitted = samples::at(1)};
}

std::vector<std::string> ids_of(const Json& page) {
    std::vector<std::string> ids;
    for (const Json& item : page["items"])
        ids.push_back(item["id"].get<std::string>());
    return ids;
}

using Ids = std::vector<std::string>;

}  // namespace

TEST_CASE("workers are listed with what they are doing", "[api][rest][workers]") {
    SmallService service;
    service.kept.put(worker(1));
    store::WorkerRecord draining = worker(2);
    draining.draining = true;
    draining.target = "cortex-m7";
    service.kept.put(draining);
    store::WorkerRecord lost = worker(3);
    lost.last_seen = now() - 10min;
    service.kept.put(lost);
    auto api = service.api(rest::add_worker_reading);
    const Json first = api.json("GET", "/v1/workers?page_size=2");
    CHECK(ids_of(first) == Ids{id_of("wrk", 1), id_of("wrk", 2)});
    CHECK(ids_of(api.json("GET",
                          "/v1/workers?page_size=2&page_token=" +
                              first["next_page_token"].get<std::string>())) ==
          Ids{id_of("wrk", 3)});
    CHECK(ids_of(api.json("GET", "/v1/workers?state=active")) == Ids{id_of("wrk", 1)});
    CHECK(ids_of(api.json("GET", "/v1/workers?state=draining")) == Ids{id_of("wrk", 2)});
    CHECK(ids_of(api.json("GET", "/v1/workers?state=lost")) == Ids{id_of("wrk", 3)});
    CHECK(api.ask("GET", "/v1/workers/" + id_of("wrk", 4)).status == 404);
    CHECK(api.ask("GET", "/v1/workers/nobody").status == 404);
}

TEST_CASE("a worker has its leases, and a trial its attempts", "[api][rest][workers]") {
    SmallService service;
    const store::Driver driver = samples::drive(*service.store, "digits");
    service.store->commit({.driver = driver, .starts = {samples::start(0)}});
    service.kept.put(worker(1));
    const std::vector<store::AttemptStart> attempts{{.lease = id_of("lse", 1),
                                                     .number = 0,
                                                     .worker = id_of("wrk", 1),
                                                     .ttl = Seconds(60),
                                                     .granted = samples::at(2)}};
    service.kept.grant(driver.study, attempts);
    auto api = service.api(rest::add_worker_reading, rest::add_trial_reading);
    const std::string path = "/v1/workers/" + id_of("wrk", 1);
    CHECK(api.json("GET", path)["leases"] ==
          Json::array(
              {{{"lease", id_of("lse", 1)}, {"study", "digits"}, {"trial", 0}, {"attempt", 1}}}));
    const Json open = api.json("GET", "/v1/studies/digits/trials/0")["attempts"];
    REQUIRE(open.size() == 1);
    CHECK(open[0]["state"] == "open");
    service.store->commit({.driver = driver,
                           .attempt_ends = {{.number = 0,
                                             .state = store::AttemptState::expired,
                                             .reason = "silent for 60 s",
                                             .ended = samples::at(70)}}});
    CHECK(api.json("GET", path)["leases"].empty());
    const Json over = api.json("GET", "/v1/studies/digits/trials/0")["attempts"];
    CHECK(over[0]["state"] == "expired");
    CHECK(over[0]["reason"] == "silent for 60 s");
    CHECK(over[0]["ended"] == "2026-11-21T00:01:10.206Z");
}

TEST_CASE("jobs are those of studies that the caller may see", "[api][rest][jobs]") {
    SmallService service;
    const StudyId open = service.store->create_study(samples::spec("open"));
    const StudyId other = service.store->create_study(samples::spec("other"));
    service.kept.put(job(1, open));
    store::JobRecord failed = job(2, other);
    failed.state = store::JobState::failed;
    failed.reason = "no worker came";
    failed.ended = samples::at(9);
    service.kept.put(failed);
    auto api = service.api(rest::add_job_reading);
    CHECK(ids_of(api.json("GET", "/v1/jobs")) == Ids{id_of("job", 1), id_of("job", 2)});
    CHECK(ids_of(api.json("GET", "/v1/jobs?state=failed")) == Ids{id_of("job", 2)});
    CHECK(ids_of(api.json("GET", "/v1/jobs?study=open")) == Ids{id_of("job", 1)});
    CHECK(api.json("GET", "/v1/jobs/" + id_of("job", 2))["reason"] == "no worker came");
    api.access.callers["Bearer guest"] = {
        .token = "tok_guest", .scopes = {"read"}, .study = "open"};
    const http::Headers guest{{"Authorization", "Bearer guest"}};
    CHECK(ids_of(parse_json(api.ask("GET", "/v1/jobs", guest).body, "")) == Ids{id_of("job", 1)});
    CHECK(api.ask("GET", "/v1/jobs/" + id_of("job", 1), guest).status == 200);
    CHECK(api.ask("GET", "/v1/jobs/" + id_of("job", 2), guest).status == 404);
}

TEST_CASE("a job says how far it is", "[api][rest][jobs]") {
    SmallService service;
    store::StudySpec spec = samples::spec("digits");
    spec.job = R"({"budget": {"trials": 60}})";
    const StudyId id = service.store->create_study(spec);
    const store::Driver driver = service.store->acquire_study(id, samples::holder(1), Seconds(600));
    store::Batch batch = samples::finished_trials(driver, 0, 5);
    batch.starts.push_back(samples::start(5));
    service.store->commit(batch);
    service.kept.put(job(1, id));
    auto api = service.api(rest::add_job_reading);
    CHECK(api.json("GET", "/v1/jobs/" + id_of("job", 1))["progress"] ==
          Json({{"done", 5}, {"total", 60}}));
}

TEST_CASE("tokens are shown without their secrets, to admins only", "[api][rest][tokens]") {
    SmallService service;
    service.kept.put(store::TokenRecord{.id = id_of("tok", 1),
                                        .name = "farm",
                                        .secret_sha256 = std::string(64, 'a'),
                                        .scopes = {"work"},
                                        .study = "digits",
                                        .created = samples::at(1),
                                        .expires = samples::at(100)});
    auto api = service.api(rest::add_token_reading);
    const http::Response token = api.ask("GET", "/v1/tokens/" + id_of("tok", 1));
    CHECK(token.status == 200);
    CHECK(token.body.find("aaaa") == std::string::npos);
    CHECK(ids_of(api.json("GET", "/v1/tokens")) == Ids{id_of("tok", 1)});
    CHECK(api.ask("GET", "/v1/tokens", {{"Authorization", "Bearer reader"}}).status == 403);
    CHECK(api.ask("GET", "/v1/tokens/" + id_of("tok", 2)).status == 404);
}

TEST_CASE("an admin of some projects or of a study sees no other tokens", "[api][rest][tokens]") {
    SmallService service;
    const auto put = [&](int number, std::vector<std::string> projects, const char* study) {
        service.kept.put(store::TokenRecord{
            .id = id_of("tok", number),
            .name = "t" + std::to_string(number),
            .secret_sha256 = std::string(64, 'a'),
            .scopes = {"work"},
            .projects = std::move(projects),
            .study = study == nullptr ? std::nullopt : std::optional<std::string>(study),
            .created = samples::at(1)});
    };
    put(1, {}, nullptr);
    put(2, {"vision"}, nullptr);
    put(3, {"vision", "speech"}, nullptr);
    put(4, {}, "digits");
    auto api = service.api(rest::add_token_reading);
    api.access.callers["Bearer vision"] = {
        .token = "tok_v", .scopes = {"admin"}, .projects = {"vision"}};
    api.access.callers["Bearer digits"] = {
        .token = "tok_d", .scopes = {"admin"}, .study = "digits"};
    const auto seen_by = [&](const char* token) {
        return ids_of(
            parse_json(api.ask("GET", "/v1/tokens", {{"Authorization", token}}).body, "tokens"));
    };
    CHECK(seen_by("Bearer vision") == Ids{id_of("tok", 2)});
    CHECK(seen_by("Bearer digits") == Ids{id_of("tok", 4)});
    CHECK(ids_of(api.json("GET", "/v1/tokens")).size() == 4);
    const auto status = [&](int number) {
        return api
            .ask("GET", "/v1/tokens/" + id_of("tok", number), {{"Authorization", "Bearer vision"}})
            .status;
    };
    CHECK(status(2) == 200);
    CHECK(status(3) == 404);
}

TEST_CASE("the audit goes on where a page ended", "[api][rest][audit]") {
    SmallService service;
    for (int i = 0; i < 5; ++i)
        service.kept.append({.time = samples::at(i),
                             .actor = "local",
                             .action = "token.created",
                             .subject = std::to_string(i),
                             .detail = R"({"scopes": ["work"]})"});
    auto api = service.api(rest::add_audit);
    const Json first = api.json("GET", "/v1/audit?page_size=3");
    CHECK(first["items"].size() == 3);
    CHECK(first["items"][0]["detail"] == Json({{"scopes", {"work"}}}));
    const Json rest_of_it = api.json(
        "GET", "/v1/audit?page_size=3&page_token=" + first["next_page_token"].get<std::string>());
    CHECK(rest_of_it["items"].size() == 2);
    CHECK(rest_of_it["items"][1]["subject"] == "4");
    CHECK_FALSE(rest_of_it.contains("next_page_token"));
}

TEST_CASE("a store keeps an answer for whoever asks again", "[api][rest][answers]") {
    SmallService service;
    rest::StoreAnswers answers(service.kept);
    const rest::AnswerKey key{
        .scope = ":make_thing", .name = "k1", .request = hash_bytes("request")};
    CHECK(answers.find(key.scope, key.name) == std::nullopt);
    http::Response response = http::make_json(201, Json({{"made", 1}}));
    response.headers.add("Location", "/things/1");
    answers.record(key,
                   {.request = key.request, .status = 201, .text = rest::to_kept_text(response)});
    const std::optional<rest::KeptAnswer> kept = answers.find(key.scope, key.name);
    REQUIRE(kept.has_value());
    CHECK(kept->request == key.request);
    CHECK(kept->text == rest::to_store_answer(key, response).body);
    CHECK(rest::from_kept_text(kept->status, kept->text).body == response.body);
    CHECK(answers.find(":other", key.name) == std::nullopt);
}
