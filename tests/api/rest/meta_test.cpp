// SPDX-License-Identifier: Apache-2.0
#include "api/rest/meta.h"

#include <string>

#include "api/rest/health.h"
#include "tests/api/rest/small_service.h"

using namespace parnas;
using tests::SmallService;

TEST_CASE("health is for everybody and costs nothing", "[api][rest][health]") {
    SmallService service;
    auto api = service.api(rest::add_health);
    const http::Response response = api.ask("GET", "/healthz", {{"Authorization", "none"}});
    CHECK(response.status == 200);
    CHECK(response.body == "ok");
}

TEST_CASE("the server is ready when all that is looked at is", "[api][rest][health]") {
    SmallService service;
    auto api = service.api(rest::add_health);
    CHECK(api.json("GET", "/readyz") == Json({{"ready", true}, {"checks", {{"store", "open"}}}}));
    service.checks.push_back({.name = "disk", .ready = false, .state = "12 MB free"});
    const http::Response response = api.ask("GET", "/readyz");
    CHECK(response.status == 503);
    CHECK(tests::slug_of(response) == "not-ready");
    CHECK(parse_json(response.body, "")["detail"] == "disk: 12 MB free");
}

TEST_CASE("the server says which version it is", "[api][rest][meta]") {
    SmallService service;
    auto api = service.api(rest::add_meta);
    CHECK(api.json("GET", "/version") ==
          Json({{"version", "1.2.3"}, {"api", "v1"}, {"schema", 3}}));
}

TEST_CASE("the document is served whole, and once", "[api][rest][meta]") {
    SmallService service;
    auto api = service.api(rest::add_meta);
    const http::Response response = api.ask("GET", "/openapi.json", {{"Authorization", "none"}});
    CHECK(response.body == tests::contract().json());
    CHECK(api.ask("GET", "/openapi.json", {{"If-None-Match", *response.headers.find("ETag")}})
              .status == 304);
}

TEST_CASE("a problem's page is there under its slug", "[api][rest][meta]") {
    SmallService service;
    auto api = service.api(rest::add_meta);
    const http::Response page = api.ask("GET", "/problems/lease-superseded");
    CHECK(page.status == 200);
    CHECK(page.body.find("409") != std::string::npos);
    CHECK(api.ask("GET", "/problems/nothing-of-the-kind").status == 404);
    CHECK(api.ask("GET", "/problems/NOT_ONE").status == 404);
}

TEST_CASE("metrics are for tokens with their scope", "[api][rest][meta]") {
    SmallService service;
    auto api = service.api(rest::add_meta);
    CHECK(api.ask("GET", "/metrics").body.find("# TYPE parnas_connections gauge") !=
          std::string::npos);
    CHECK(api.ask("GET", "/metrics", {{"Authorization", "Bearer reader"}}).status == 403);
}
