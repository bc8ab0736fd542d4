// SPDX-License-Identifier: Apache-2.0
#include "api/rest/study_reading.h"

#include <string>

#include "store/annotations.h"
#include "tests/api/rest/small_service.h"

using namespace parnas;
using tests::SmallService;
namespace samples = store::samples;

namespace {

std::vector<std::string> names_of(const Json& page) {
    std::vector<std::string> names;
    for (const Json& item : page["items"])
        names.push_back(item["name"].get<std::string>());
    return names;
}

using Names = std::vector<std::string>;

void put_into_project(store::Store& store, StudyId id, const std::string& project) {
    const std::vector<store::AttributeChange> changes{{.kind = store::AttributeKind::system,
                                                       .key = "parnas:project",
                                                       .value = '"' + project + '"'}};
    store.set_attributes(id, changes);
}

}  // namespace

TEST_CASE("studies are listed page by page, each once", "[api][rest][studies]") {
    SmallService service;
    for (int i = 0; i < 12; ++i)
        service.store->create_study(samples::spec("study " + std::to_string(i)));
    auto api = service.api(rest::add_study_reading);
    std::vector<std::string> seen;
    std::string target = "/v1/studies?page_size=5";
    int pages = 0;
    for (;; ++pages) {
        const http::Response response = api.ask("GET", target);
        REQUIRE(response.status == 200);
        for (const std::string& name : names_of(parse_json(response.body, "")))
            seen.push_back(name);
        const std::string* link = response.headers.find("Link");
        if (link == nullptr)
            break;
        target = link->substr(1, link->find('>') - 1);
    }
    CHECK(pages == 2);
    REQUIRE(seen.size() == 12);
    CHECK(seen.front() == "study 0");
    CHECK(seen.back() == "study 11");
}

TEST_CASE("a page token is of the filters that it was given for", "[api][rest][studies]") {
    SmallService service;
    for (int i = 0; i < 3; ++i)
        service.store->create_study(samples::spec("study " + std::to_string(i)));
    auto api = service.api(rest::add_study_reading);
    const std::string token =
        api.json("GET", "/v1/studies?page_size=1")["next_page_token"].get<std::string>();
    CHECK(names_of(api.json("GET", "/v1/studies?page_size=2&page_token=" + token)).size() == 2);
    const http::Response other = api.ask("GET", "/v1/studies?q=study&page_token=" + token);
    CHECK(other.status == 400);
    CHECK(tests::slug_of(other) == "page-token-mismatch");
}

TEST_CASE("studies are found by state, tag, project and part of the name", "[api][rest][studies]") {
    SmallService service;
    store::Store& store = *service.store;
    const store::Driver first = samples::drive(store, "mobile a");
    store.commit({.driver = first, .state = store::StudyState::complete});
    const StudyId second = store.create_study(samples::spec("mobile b"));
    store::annotate(store, second, std::nullopt, {.tag = {"paper"}});
    put_into_project(store, second, "vision");
    store.create_study(samples::spec("digits"));
    auto api = service.api(rest::add_study_reading);
    CHECK(names_of(api.json("GET", "/v1/studies?state=complete")) == Names{"mobile a"});
    CHECK(names_of(api.json("GET", "/v1/studies?tag=paper")) == Names{"mobile b"});
    CHECK(names_of(api.json("GET", "/v1/studies?project=vision")) == Names{"mobile b"});
    CHECK(names_of(api.json("GET", "/v1/studies?q=mobile")) == Names{"mobile a", "mobile b"});
    CHECK(names_of(api.json("GET", "/v1/studies?q=mobile&state=running")) == Names{"mobile b"});
    CHECK(api.ask("GET", "/v1/studies?state=done").status == 400);
}

TEST_CASE("what a token may not see is not there", "[api][rest][studies]") {
    SmallService service;
    store::Store& store = *service.store;
    store.create_study(samples::spec("open"));
    const StudyId hidden = store.create_study(samples::spec("hidden"));
    put_into_project(store, hidden, "secret");
    auto api = service.api(rest::add_study_reading);
    api.access.callers["Bearer vision"] = {
        .token = "tok_vision", .scopes = {"read"}, .projects = {"default"}};
    api.access.callers["Bearer guest"] = {
        .token = "tok_guest", .scopes = {"read"}, .study = "hidden"};
    const auto ask = [&](const char* token, const std::string& path) {
        return api.ask("GET", path, {{"Authorization", token}});
    };
    const auto names = [&](const char* token) {
        return names_of(parse_json(ask(token, "/v1/studies").body, ""));
    };
    CHECK(names("Bearer vision") == Names{"open"});
    CHECK(names("Bearer guest") == Names{"hidden"});
    const http::Response forbidden = ask("Bearer vision", "/v1/studies/hidden");
    CHECK(forbidden.status == 404);
    CHECK(ask("Bearer vision", "/v1/studies/" + std::to_string(static_cast<std::int64_t>(hidden)))
              .status == 404);
    CHECK(ask("Bearer guest", "/v1/studies/open").status == 404);
    CHECK(ask("Bearer guest", "/v1/studies/hidden").status == 200);
}

TEST_CASE("a study is found by name and by id", "[api][rest][studies]") {
    SmallService service;
    const StudyId id = service.store->create_study(samples::spec("a b\xc3\xa9"));
    auto api = service.api(rest::add_study_reading);
    const Json by_name = api.json("GET", "/v1/studies/a%20b\xc3\xa9");
    CHECK(by_name ==
          api.json("GET", "/v1/studies/" + std::to_string(static_cast<std::int64_t>(id))));
    CHECK(api.ask("GET", "/v1/studies/nobody").status == 404);
    CHECK(api.ask("GET", "/v1/studies/99999999999999999999").status == 404);
}

TEST_CASE("a study has its objectives, job and counts, and nothing of the server's disk",
          "[api][rest][studies]") {
    SmallService service;
    store::Store& store = *service.store;
    store::StudySpec spec = samples::spec("digits");
    spec.job =
        R"({"name": "digits", "base": "/home/secret", "store": "/var/secret.db", "seed": 3})";
    const StudyId id = store.create_study(spec);
    const store::Driver driver = store.acquire_study(id, samples::holder(1), Seconds(600));
    store::Batch batch = samples::finished_trials(driver, 0, 3);
    batch.starts.push_back(samples::start(3));
    batch.starts.push_back(samples::start(4));
    batch.finishes.push_back(samples::failure(4, FailureKind::crashed, "signal 11"));
    batch.front = {0, 2};
    store.commit(batch);
    auto api = service.api(rest::add_study_reading);
    const Json study = api.json("GET", "/v1/studies/digits");
    CHECK(study["counts"] == Json({{"trials", 5},
                                   {"waiting", 0},
                                   {"running", 1},
                                   {"complete", 3},
                                   {"pruned", 0},
                                   {"fail", 1}}));
    CHECK(study["front"] == 2);
    CHECK(study["job"] == Json({{"name", "digits"}, {"seed", 3}}));
    CHECK(study["objectives"][1] == Json({{"metric", "latency_ms"}, {"direction", "minimize"}}));
}

TEST_CASE("the tag of a study changes with its trials, its revision does not",
          "[api][rest][studies]") {
    SmallService service;
    store::Store& store = *service.store;
    const store::Driver driver = samples::drive(store, "digits");
    auto api = service.api(rest::add_study_reading);
    const auto etag = [&] { return *api.ask("GET", "/v1/studies/digits").headers.find("ETag"); };
    const auto revision = [&] { return api.json("GET", "/v1/studies/digits")["revision"]; };
    const std::string first = etag();
    const Json before = revision();
    store.commit(samples::finished_trials(driver, 0, 1));
    CHECK(etag() != first);
    CHECK(revision() == before);
    store.commit({.driver = driver, .state = store::StudyState::stopped, .state_reason = "enough"});
    CHECK(revision() != before);
}
