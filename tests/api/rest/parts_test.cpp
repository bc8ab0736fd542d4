// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <functional>
#include <set>
#include <string>

#include "api/http/problem.h"
#include "api/rest/answers.h"
#include "api/rest/etag.h"
#include "api/rest/negotiation.h"
#include "api/rest/paging.h"
#include "api/rest/points.h"
#include "api/rest/problem_pages.h"
#include "api/rest/prometheus.h"
#include "api/rest/times.h"
#include "tests/api/rest/small_api.h"
#include "tests/support/catch.h"

using namespace parnas;
using rest::most_wanted;

namespace {

http::Request with_header(std::string name, std::string value) {
    http::Request request;
    request.headers.add(std::move(name), std::move(value));
    return request;
}

int status_of(const std::function<void()>& call) {
    try {
        call();
    } catch (const http::HttpError& error) {
        return error.problem().status;
    }
    return 200;
}

}  // namespace

TEST_CASE("Accept chooses by quality, and by exactness first", "[api][rest][negotiation]") {
    const std::vector<std::string> both{"application/json", "text/event-stream"};
    CHECK(most_wanted("*/*", both) == "application/json");
    CHECK(most_wanted("text/event-stream", both) == "text/event-stream");
    CHECK(most_wanted("TEXT/Event-Stream ; q=0.5 , application/json;q=0.4", both) ==
          "text/event-stream");
    CHECK(most_wanted("text/*, application/json;q=0.9", both) == "text/event-stream");
    CHECK(most_wanted("*/*, application/json;q=0", both) == "text/event-stream");
    CHECK(most_wanted("text/html", both) == std::nullopt);
    CHECK(most_wanted("", both) == std::nullopt);
    CHECK(most_wanted("application/json;q=0", both) == std::nullopt);
    CHECK(most_wanted("application/json;charset=utf-8", both) == "application/json");
    CHECK(most_wanted(",,;q=1,application/json;q=x", both) == "application/json");
    CHECK(rest::media_type(" Application/JSON ;charset=utf-8") == "application/json");
}

TEST_CASE("an ETag changes with the bytes, and its revision with the revision",
          "[api][rest][etag]") {
    CHECK(rest::make_etag("a") == rest::make_etag("a"));
    CHECK(rest::make_etag("a") != rest::make_etag("b"));
    CHECK(rest::make_etag(3, "a") != rest::make_etag(4, "a"));
    const std::string etag = rest::make_etag(12, "body");
    CHECK(etag.starts_with("\"12-"));
    CHECK(etag.ends_with('"'));
}

TEST_CASE("If-None-Match knows lists, weak tags and the star", "[api][rest][etag]") {
    const std::string etag = rest::make_etag("body");
    CHECK(rest::is_known(with_header("If-None-Match", etag), etag));
    CHECK(rest::is_known(with_header("If-None-Match", "\"x\", W/" + etag), etag));
    CHECK(rest::is_known(with_header("If-None-Match", "*"), etag));
    CHECK_FALSE(rest::is_known(with_header("If-None-Match", "\"x\""), etag));
    CHECK_FALSE(rest::is_known(with_header("If-None-Match", etag.substr(1)), etag));
    CHECK_FALSE(rest::is_known({}, etag));
}

TEST_CASE("If-Match takes any tag of the revision, and no weak one", "[api][rest][etag]") {
    const auto status = [](const http::Request& request) {
        return status_of([&] { rest::require_revision(request, 12); });
    };
    CHECK(status({}) == 428);
    CHECK(status(with_header("If-Match", rest::make_etag(12, "as it was"))) == 200);
    CHECK(status(with_header("If-Match", "\"1-a\", \"12-b\"")) == 200);
    CHECK(status(with_header("If-Match", "*")) == 200);
    CHECK(status(with_header("If-Match", rest::make_etag(1, "body"))) == 412);
    CHECK(status(with_header("If-Match", rest::make_etag(121, "body"))) == 412);
    CHECK(status(with_header("If-Match", "W/\"12-b\"")) == 412);
    CHECK(status(with_header("If-Match", "12-b")) == 412);
}

TEST_CASE("a page token is good for its filters and its server only", "[api][rest][paging]") {
    const rest::PageTokens tokens("key");
    const std::string token = tokens.make("trial 17", "state=fail");
    CHECK(tokens.read(token, "state=fail") == "trial 17");
    CHECK(status_of([&] { tokens.read(token, "state=complete"); }) == 400);
    CHECK(status_of([&] { rest::PageTokens("other").read(token, "state=fail"); }) == 400);
    CHECK(token.find("trial") == std::string::npos);
    // The position and the filters cannot be cut elsewhere.
    CHECK(status_of([&] { tokens.read(tokens.make("a", "bc"), "c"); }) == 400);
    CHECK(tokens.read(tokens.make("", ""), "").empty());
}

TEST_CASE("no changed page token is taken", "[api][rest][paging]") {
    const rest::PageTokens tokens("key");
    const std::string token = tokens.make("17", "");
    for (std::size_t i = 0; i < token.size(); ++i) {
        std::string changed = token;
        changed[i] = changed[i] == 'A' ? 'B' : 'A';
        CHECK(status_of([&] { tokens.read(changed, ""); }) == 400);
        CHECK(status_of([&] { tokens.read(token.substr(0, i), ""); }) == 400);
    }
    CHECK(status_of([&] { tokens.read("", ""); }) == 400);
}

TEST_CASE("a slice goes on after the last key, also if that is gone", "[api][rest][paging]") {
    const std::vector<std::string> all{"a", "c", "e", "g"};
    const auto keys = [](const std::string& each) { return each; };
    const auto first = rest::slice({.size = 2, .after = std::nullopt}, all, keys);
    CHECK(std::vector(first.items.begin(), first.items.end()) ==
          std::vector<std::string>{"a", "c"});
    CHECK(first.last == "c");
    const auto rest_of_it = rest::slice({.size = 2, .after = "d"}, all, keys);
    CHECK(rest_of_it.items.size() == 2);
    CHECK(rest_of_it.last == std::nullopt);
    CHECK(rest::slice({.size = 2, .after = "z"}, all, keys).items.empty());
}

TEST_CASE("a kept answer comes back byte for byte", "[api][rest][answers]") {
    http::Response response = http::make_text(201, "{\"a\": 1}\n\nb: c\n", "application/json");
    response.headers.add("Location", "/v1/jobs/x");
    const http::Response back = rest::from_kept_text(201, rest::to_kept_text(response));
    CHECK(back.status == 201);
    CHECK(back.headers.lines() == response.headers.lines());
    CHECK(back.body == response.body);
    CHECK(rest::from_kept_text(204, "\n").body.empty());
    CHECK_THROWS_AS(rest::from_kept_text(200, "no lines"), Error);
    CHECK_THROWS_AS(rest::from_kept_text(200, "no colon\n\n"), Error);
}

TEST_CASE("times are RFC 3339 with milliseconds, and come back", "[api][rest][times]") {
    const TimePoint time = time_from_string("2026-11-21 00:10:43.206981");
    CHECK(rest::to_rfc3339(time) == "2026-11-21T00:10:43.206Z");
    CHECK(rest::from_rfc3339("2026-11-21T00:10:43.206Z") ==
          time_from_string("2026-11-21 00:10:43.206000"));
    for (const char* text : {"",
                             "2026-11-21 00:10:43.206Z",
                             "2026-11-21T00:10:43Z",
                             "2026-11-21T00:10:43.206",
                             "2026-13-21T00:10:43.206Z"})
        CHECK_THROWS_AS(rest::from_rfc3339(text), Error);
}

TEST_CASE("few points stay, of many the ends and what is between them evenly",
          "[api][rest][points]") {
    CHECK(rest::spread_points(0, 5).empty());
    CHECK(rest::spread_points(3, 5) == std::vector<std::size_t>{0, 1, 2});
    CHECK(rest::spread_points(11, 3) == std::vector<std::size_t>{0, 5, 10});
    const std::vector<std::size_t> many = rest::spread_points(1'000'000, 10'000);
    CHECK(many.size() == 10'000);
    CHECK(many.front() == 0);
    CHECK(many.back() == 999'999);
    CHECK(std::ranges::adjacent_find(many) == many.end());
}

TEST_CASE("problem pages are sorted, and every one is found", "[api][rest][problems]") {
    CHECK(std::ranges::is_sorted(rest::problem_pages(), {}, &rest::ProblemPage::slug));
    for (const rest::ProblemPage& page : rest::problem_pages()) {
        CHECK(rest::find_problem_page(page.slug) == &page);
        CHECK_FALSE(http::reason_phrase(page.status).empty());
        CHECK(rest::to_text(page).find(std::string(page.slug)) == 0);
    }
    CHECK(rest::find_problem_page("none") == nullptr);
}

TEST_CASE("there is a page for every status of the document and of HTTP itself",
          "[api][rest][problems]") {
    std::set<int> statuses{405, 413, 417, 429, 501, 505};
    for (const rest::OperationSpec& operation : tests::contract().operations())
        for (const rest::AnswerSpec& answer : operation.answers)
            if (answer.status >= 400)
                statuses.insert(answer.status);
    for (const int status : statuses) {
        INFO(status);
        const http::Response problem = http::make_problem({.status = status}, "request");
        CHECK(rest::find_problem_page(tests::slug_of(problem)) != nullptr);
    }
}

TEST_CASE("metrics are in Prometheus' text format", "[api][rest][prometheus]") {
    http::Counters counters;
    counters.requests = {{.route = "/a\"b\\", .method = "GET", .status = 200, .requests = 7}};
    counters.durations["/a"].add(std::chrono::microseconds(600));
    counters.durations["/a"].add(std::chrono::microseconds(20'000'000));
    counters.connections = 3;
    const std::vector<rest::MetricFamily> others{
        {.name = "parnas_leases_active",
         .help = "Leases now.",
         .samples = {{.labels = {}, .value = 4}, {.labels = {{"kind", "x"}}, .value = INFINITY}}}};
    const std::string text = rest::prometheus_text(counters, others);
    for (const char* line :
         {"# TYPE parnas_http_requests_total counter\n",
          "parnas_http_requests_total{route=\"/a\\\"b\\\\\",method=\"GET\",code=\"200\"} 7\n",
          "parnas_http_request_seconds_bucket{route=\"/a\",le=\"0.0005\"} 0\n",
          "parnas_http_request_seconds_bucket{route=\"/a\",le=\"0.001\"} 1\n",
          "parnas_http_request_seconds_bucket{route=\"/a\",le=\"10\"} 1\n",
          "parnas_http_request_seconds_bucket{route=\"/a\",le=\"+Inf\"} 2\n",
          "parnas_http_request_seconds_count{route=\"/a\"} 2\n",
          "parnas_connections 3\n",
          "# TYPE parnas_leases_active gauge\nparnas_leases_active 4\n",
          "parnas_leases_active{kind=\"x\"} +Inf\n"}) {
        INFO(line);
        CHECK(text.find(line) != std::string::npos);
    }
}
