// SPDX-License-Identifier: Apache-2.0
#include "api/rest/meta.h"

#include <nlohmann/json.hpp>

#include "api/http/problem.h"
#include "api/rest/problem_pages.h"

namespace parnas::rest {
namespace {

http::Response answer_version(const ServerStatus& status) {
    return http::make_json(200,
                           {{"version", status.version}, {"api", "v1"}, {"schema", status.schema}});
}

http::Response answer_metrics(const ServerStatus& status) {
    return http::make_text(200,
                           prometheus_text(status.counters(), status.metrics()),
                           "text/plain; version=0.0.4; charset=utf-8");
}

http::Response answer_problem(const Call& call) {
    const std::string slug = call.text("slug");
    const ProblemPage* page = find_problem_page(slug);
    if (page == nullptr)
        throw http::HttpError(404, "there is no problem '" + slug + "'");
    return http::make_text(200, to_text(*page));
}

}  // namespace

void add_meta(Operations& operations, const Service& service) {
    operations["get_version"] = [&service](const Call&) { return answer_version(service.status); };
    operations["get_metrics"] = [&service](const Call&) { return answer_metrics(service.status); };
    operations["get_openapi"] = [&service](const Call&) {
        return http::make_text(200, service.contract.json(), "application/json");
    };
    operations["get_problem"] = answer_problem;
}

}  // namespace parnas::rest
