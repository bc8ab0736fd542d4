// SPDX-License-Identifier: Apache-2.0
#include "api/rest/health.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "api/http/problem.h"

namespace parnas::rest {
namespace {

http::Response answer_readiness(const std::vector<ReadinessCheck>& checks) {
    Json states = Json::object();
    std::string in_the_way;
    for (const ReadinessCheck& each : checks) {
        states[each.name] = each.state;
        if (!each.ready)
            in_the_way +=
                fmt::format("{}{}: {}", in_the_way.empty() ? "" : "; ", each.name, each.state);
    }
    if (!in_the_way.empty())
        throw http::HttpError(
            http::Problem{.status = 503, .slug = "not-ready", .detail = std::move(in_the_way)});
    return http::make_json(200, {{"ready", true}, {"checks", std::move(states)}});
}

}  // namespace

void add_health(Operations& operations, const Service& service) {
    operations["get_health"] = [](const Call&) { return http::make_text(200, "ok"); };
    operations["get_readiness"] = [&service](const Call&) {
        return answer_readiness(service.status.readiness());
    };
}

}  // namespace parnas::rest
