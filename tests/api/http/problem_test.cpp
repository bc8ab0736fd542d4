// SPDX-License-Identifier: Apache-2.0
#include "api/http/problem.h"

#include <string>

#include <nlohmann/json.hpp>

#include "tests/support/catch.h"

using namespace parnas;
using namespace parnas::http;

namespace {

Json body_of(const Problem& problem) {
    return parse_json(make_problem(problem, "r1").body, "");
}

}  // namespace

TEST_CASE("the kind of an error decides the status", "[api][http]") {
    const auto status_of = [](ErrorKind kind) { return to_problem(Error(kind, "x")).status; };
    CHECK(status_of(ErrorKind::invalid_input) == 400);
    CHECK(status_of(ErrorKind::not_found) == 404);
    CHECK(status_of(ErrorKind::conflict) == 409);
    CHECK(status_of(ErrorKind::unauthorized) == 401);
    CHECK(status_of(ErrorKind::unavailable) == 503);
    CHECK(status_of(ErrorKind::damaged) == 500);
    CHECK(status_of(ErrorKind::internal) == 500);
}

TEST_CASE("faults in the body are told with their places", "[api][http]") {
    const Problem problem = to_problem(
        Error(ErrorKind::invalid_input, {{"/space/0", "low above high"}, {"/name", "missing"}}));
    CHECK(problem.status == 422);
    const Json json = body_of(problem);
    CHECK(json["errors"][0]["pointer"] == "/space/0");
    CHECK(json["errors"][1]["message"] == "missing");
}

TEST_CASE("a problem has the members of RFC 9457", "[api][http]") {
    const Response response = make_problem({.status = 404, .detail = "no study 7"}, "r1");
    CHECK(response.status == 404);
    CHECK(*response.headers.find("Content-Type") == "application/problem+json");
    CHECK(parse_json(response.body, "") ==
          parse_json(R"({"type": "https://parnas.dev/problems/not-found",
        "title": "Not Found", "status": 404, "detail": "no study 7", "instance": "r1"})",
                     ""));
}

TEST_CASE("what is wrong inside is not told", "[api][http]") {
    for (const ErrorKind kind : {ErrorKind::internal, ErrorKind::damaged}) {
        const std::string body = make_problem(to_problem(Error(kind, "/var/secret")), "r1").body;
        CHECK(body.find("secret") == std::string::npos);
    }
}

TEST_CASE("an error may know its answer exactly", "[api][http]") {
    const HttpError error(Problem{.status = 412,
                                  .slug = "stale",
                                  .detail = "revision 3 is newer",
                                  .headers = {{"ETag", "\"3\""}}});
    CHECK(error.kind() == ErrorKind::conflict);
    CHECK(std::string(error.what()) == "revision 3 is newer");
    const Error& as_error = error;
    CHECK(to_problem(as_error).status == 412);
    CHECK(body_of(error.problem())["type"] == "https://parnas.dev/problems/stale");
    CHECK(*make_problem(error.problem(), "r1").headers.find("ETag") == "\"3\"");
}

TEST_CASE(
    "who is unauthorized is asked for a token, who comes at a bad time told when to come again",
    "[api][http]") {
    const Problem unauthorized = to_problem(Error(ErrorKind::unauthorized, "x"));
    CHECK(*make_problem(unauthorized, "r").headers.find("WWW-Authenticate") == "Bearer");
    CHECK(make_problem({.status = 503}, "r").headers.count("Retry-After") == 1);
    CHECK(*make_problem({.status = 503, .headers = {{"Retry-After", "9"}}}, "r")
               .headers.find("Retry-After") == "9");
}
