// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <vector>

#include "api/http/server.h"
#include "api/rest/analyses.h"
#include "api/rest/architectures.h"
#include "api/rest/audit.h"
#include "api/rest/events.h"
#include "api/rest/front.h"
#include "api/rest/health.h"
#include "api/rest/job_reading.h"
#include "api/rest/meta.h"
#include "api/rest/spaces.h"
#include "api/rest/study_reading.h"
#include "api/rest/targets.h"
#include "api/rest/token_reading.h"
#include "api/rest/trial_reading.h"
#include "api/rest/worker_reading.h"
#include "core/rng.h"
#include "tests/api/http/raw_client.h"
#include "tests/api/rest/small_service.h"

using namespace parnas;
using tests::SmallApi;
using tests::SmallService;
namespace samples = store::samples;

namespace {

// Texts that a parameter may be of, and what strangers send.
const std::vector<std::string> kTexts{"digits",
                                      "0",
                                      "1",
                                      "2",
                                      "7",
                                      "-1",
                                      "1.5",
                                      "1e400",
                                      "nan",
                                      "complete",
                                      "running",
                                      "search",
                                      "fanova",
                                      "ped_anova",
                                      "accuracy",
                                      "latency_ms",
                                      "trial_finished",
                                      "true",
                                      "cell201",
                                      "mlp@1",
                                      "cortex-m7",
                                      "lease-superseded",
                                      "conflict",
                                      "0123456789abcdef0123456789abcdef",
                                      "",
                                      "9007199254740991",
                                      "9223372036854775808",
                                      "%27%20OR%201%3D1%20--",
                                      "%3Cscript%3E",
                                      "%2e%2e%2f",
                                      "a%00b",
                                      "%c3%a9",
                                      "%f0%9f%98%80",
                                      "null",
                                      "*",
                                      "keep",
                                      "paper,x",
                                      "1001"};

// A request for the operation: mostly its own parameters, with any texts.
std::string any_target(const rest::OperationSpec& operation, Rng& rng) {
    std::string target = operation.pattern;
    std::string query;
    for (const rest::ParameterSpec& parameter : operation.parameters) {
        const std::string text = rng.pick(kTexts);
        if (parameter.place == rest::ParameterPlace::path) {
            const std::string mark = '{' + parameter.name + '}';
            target.replace(target.find(mark), mark.size(), text.empty() ? "x" : text);
        } else if (parameter.place == rest::ParameterPlace::query && parameter.name != "wait" &&
                   rng.chance(0.4)) {
            query += (query.empty() ? '?' : '&') + parameter.name + '=' + text;
        }
    }
    if (rng.chance(0.05))
        query += (query.empty() ? "?" : "&") + std::string("other=1");
    return target + query;
}

// A JSON value of any kind, not deep.
Json any_json(Rng& rng, int depth) {
    switch (rng.below(depth > 2 ? 5 : 7)) {
        case 0:
            return rng.integer(-2, 100);
        case 1:
            return rng.pick(kTexts);
        case 2:
            return rng.chance(0.5);
        case 3:
            return rng.uniform(-1.0, 2.0);
        case 4:
            return {};
        case 5: {
            Json array = Json::array();
            for (std::uint64_t i = rng.below(4); i > 0; --i)
                array.push_back(any_json(rng, depth + 1));
            return array;
        }
        default:
            break;
    }
    Json object = Json::object();
    for (const char* key : {"n", "seed", "params", "arguments", "architectures", "other"})
        if (rng.chance(0.5))
            object[key] = any_json(rng, depth + 1);
    return object;
}

void fill(store::Store& store) {
    const store::Driver driver = samples::drive(store, "digits");
    store::Batch batch = samples::finished_trials(driver, 0, 20);
    batch.starts.push_back(samples::start(20));
    batch.finishes.push_back(samples::failure(3, FailureKind::crashed, "<b>\n"));
    batch.finishes.erase(batch.finishes.begin() + 3);
    batch.front = {0, 19};
    batch.events = {{.time = samples::at(1), .kind = "trial_finished", .body = "{}"}};
    store.commit(batch);
}

rest::Operations reading_operations(const rest::Service& service) {
    rest::Operations operations;
    for (const auto add : {rest::add_analyses,
                           rest::add_architectures,
                           rest::add_audit,
                           rest::add_events,
                           rest::add_front,
                           rest::add_health,
                           rest::add_job_reading,
                           rest::add_meta,
                           rest::add_spaces,
                           rest::add_study_reading,
                           rest::add_targets,
                           rest::add_token_reading,
                           rest::add_trial_reading,
                           rest::add_worker_reading})
        add(operations, service);
    return operations;
}

}  // namespace

TEST_CASE("whatever is asked, the answer is documented and the server not at fault",
          "[api][rest][any]") {
    SmallService service;
    fill(*service.store);
    const rest::Operations operations = reading_operations(service.service);
    SmallApi api(operations);
    Rng rng(7);
    int successes = 0;
    for (const rest::OperationSpec& operation : tests::contract().operations())
        for (int i = 0; i < 40 && operations.contains(operation.id); ++i) {
            const std::string target = any_target(operation, rng);
            const std::string body = operation.body ? dump_json(any_json(rng, 0)) : "";
            INFO(operation.method << ' ' << target << ' ' << body);
            const http::Response response = api.send(operation.method, target, {}, body);
            CHECK(response.status != 500);
            tests::check_documented(operation, response);
            successes += response.status < 300 ? 1 : 0;
        }
    CHECK(successes > 100);
}

TEST_CASE("the routes answer over a socket as they do without", "[api][rest][any]") {
    SmallService service;
    fill(*service.store);
    tests::FakeAccess access;
    tests::MemoryAnswers answers;
    rest::Operations operations = reading_operations(service.service);
    for (const rest::OperationSpec& spec : tests::contract().operations())
        operations.try_emplace(
            spec.id, [](const rest::Call&) { return http::make_json(200, Json::object()); });
    http::Server server(
        rest::make_routes(tests::contract(), std::move(operations), access, answers), {});
    const auto ask = [&](const char* line, const char* headers) {
        return tests::ask(server.port(), line, headers);
    };
    const char* token = "Authorization: Bearer reader\r\n";
    CHECK(ask("GET /healthz", "").body == "ok");
    CHECK(ask("GET /openapi.json", "").body == tests::contract().json());
    CHECK(ask("HEAD /v1/studies", token).status == 200);
    CHECK(ask("GET /v1/studies", "").status == 401);
    const tests::Answer study = ask("GET /v1/studies/digits", token);
    CHECK(study.status == 200);
    CHECK(study.header("Cache-Control") == "private, no-cache");
    CHECK(parse_json(study.body, "")["counts"]["complete"] == 19);
    CHECK(ask("DELETE /v1/studies", token).header("Allow") == "GET, HEAD, OPTIONS, POST");
    CHECK(ask("GET /v1/nothing", token).status == 404);
    const tests::Answer known =
        ask("GET /v1/studies/digits",
            (token + ("If-None-Match: " + study.header("ETag")) + "\r\n").c_str());
    CHECK(known.status == 304);
    CHECK(known.body.empty());

    tests::RawClient stream(server.port());
    stream.send(tests::request_text("GET /v1/events",
                                    std::string(token) + "Accept: text/event-stream\r\n"));
    CHECK(stream.read_until("\r\n\r\n").find("text/event-stream") != std::string::npos);
    CHECK(stream.read_until("event: trial_finished").find("id: 1\n") != std::string::npos);
}
