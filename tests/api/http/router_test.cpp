// SPDX-License-Identifier: Apache-2.0
#include "api/http/router.h"

#include <string>
#include <vector>

#include "api/http/problem.h"
#include "tests/support/catch.h"

using namespace parnas;
using namespace parnas::http;

namespace {

Route route(std::string method, std::string pattern) {
    return {.method = std::move(method),
            .pattern = std::move(pattern),
            .handler = [](const Request&) { return Response(); }};
}

Router studies() {
    return Router({route("GET", "/"),
                   route("GET", "/v1/studies"),
                   route("POST", "/v1/studies"),
                   route("GET", "/v1/studies/{study}"),
                   route("DELETE", "/v1/studies/{name}"),
                   route("GET", "/v1/studies/best"),
                   route("GET", "/v1/studies/{study}/trials/{trial}")});
}

std::string pattern_of(const Router& router, std::string_view method, std::string_view path) {
    const Router::Match match = router.find(method, path);
    return match.route == nullptr ? "allowed: " + match.allowed : match.route->pattern;
}

int status_of(const Router& router, std::string_view path) {
    try {
        router.find("GET", path);
    } catch (const HttpError& error) {
        return error.problem().status;
    }
    return 200;
}

}  // namespace

TEST_CASE("a path finds its route and what its parameters stand for", "[api][http]") {
    const Router router = studies();
    CHECK(pattern_of(router, "GET", "/") == "/");
    CHECK(pattern_of(router, "POST", "/v1/studies") == "/v1/studies");
    const Router::Match match = router.find("GET", "/v1/studies/a%20b/trials/7");
    CHECK(match.parameters == std::vector<Field>{{"study", "a b"}, {"trial", "7"}});
    CHECK(router.find("DELETE", "/v1/studies/x").parameters == std::vector<Field>{{"name", "x"}});
}

TEST_CASE("a fixed segment is taken before a parameter, unless it leads nowhere", "[api][http]") {
    const Router router = studies();
    CHECK(pattern_of(router, "GET", "/v1/studies/best") == "/v1/studies/best");
    CHECK(router.find("GET", "/v1/studies/best/trials/1").parameters ==
          std::vector<Field>{{"study", "best"}, {"trial", "1"}});
}

TEST_CASE("HEAD goes where GET does, and other methods are named", "[api][http]") {
    const Router router = studies();
    CHECK(pattern_of(router, "HEAD", "/v1/studies") == "/v1/studies");
    CHECK(pattern_of(router, "PUT", "/v1/studies") == "allowed: GET, HEAD, OPTIONS, POST");
    CHECK(pattern_of(router, "OPTIONS", "*") == "allowed: DELETE, GET, HEAD, OPTIONS, POST");
}

TEST_CASE("what has no route is not found, and what is no path is refused", "[api][http]") {
    const Router router = studies();
    for (const char* path : {"/v1",
                             "/v1/studies/",
                             "/v1/studies//trials/1",
                             "/v1/studies/a/trials",
                             "/V1/studies",
                             "/v1/studies/a/trials/1/x"})
        CHECK(status_of(router, path) == 404);
    CHECK(status_of(router, "/v1/studies/..") == 400);
    CHECK(status_of(router, "/v1/studies/%ff") == 400);
}

TEST_CASE("a table with a route that cannot be is refused", "[api][http]") {
    for (const char* pattern : {"v1", "/{a}/{a}", "/a{b}", "/{}", "/.."})
        CHECK_THROWS_AS(Router({route("GET", pattern)}), Error);
    CHECK_THROWS_AS(Router({route("GET", "/{a}"), route("GET", "/{b}")}), Error);
    CHECK_THROWS_AS(Router({route("", "/a")}), Error);
    CHECK_THROWS_AS(Router({Route{.method = "GET", .pattern = "/a"}}), Error);
}
