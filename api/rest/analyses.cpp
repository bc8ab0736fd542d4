// SPDX-License-Identifier: Apache-2.0
#include "api/rest/analyses.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "api/http/problem.h"
#include "api/rest/points.h"
#include "api/rest/study_access.h"
#include "search/analysis/course.h"
#include "search/analysis/importance_json.h"
#include "search/reestimates.h"
#include "search/trial_json.h"

namespace parnas::rest {
namespace {

using Trials = std::vector<store::TrialRecord>;

[[noreturn]] void refuse_metric(const std::string& metric, const std::vector<std::string>& known) {
    throw http::HttpError(
        400,
        fmt::format("metric: there is no '{}'; known are: {}", metric, fmt::join(known, ", ")));
}

std::vector<std::string> asked_metrics(const Call& call,
                                       const store::StudySpec& spec,
                                       const Trials& trials) {
    const std::optional<std::string> asked = call.optional_text("metric");
    if (!asked)
        return spec.metrics;
    const auto known = search::metric_names(spec, trials, search::Detail::everything);
    if (std::ranges::find(known, *asked) == known.end())
        refuse_metric(*asked, known);
    return {*asked};
}

search::Importance measure(const std::string& method,
                           const store::StudySpec& spec,
                           const search::Observations& seen,
                           const std::string& metric) {
    try {
        if (method == "fanova")
            return search::fanova(seen, {});
        return search::ped_anova(seen, search::direction_of(spec, metric), {});
    } catch (const Error& error) {
        if (error.kind() != ErrorKind::invalid_input)
            throw;
        // What is missing are trials, not anything in the request.
        throw http::HttpError(409, fmt::format("{}: {}", metric, error.what()));
    }
}

http::Response get_importance(const Call& call, const Service& service) {
    const SeenStudy study = find_study(call, service.store);
    const store::StudySpec& spec = study.record.spec;
    const Trials trials = service.store.trials(study.record.id);
    const std::string method = call.text("method");
    Json metrics = Json::array();
    for (const std::string& metric : asked_metrics(call, spec, trials)) {
        const search::Observations seen = search::observe(spec, trials, metric);
        metrics.push_back(
            search::importance_json(metric, method, seen, measure(method, spec, seen, metric)));
    }
    return http::make_json(
        200, {{"study", spec.name}, {"method", method}, {"metrics", std::move(metrics)}});
}

http::Response get_convergence(const Call& call, const Service& service) {
    const SeenStudy study = find_study(call, service.store);
    const store::StudySpec& spec = study.record.spec;
    const std::string metric = call.optional_text("metric").value_or(spec.metrics.front());
    if (std::ranges::find(spec.metrics, metric) == spec.metrics.end())
        refuse_metric(metric, spec.metrics);
    const Trials trials = search::current_trials(service.store, study.record.id);
    const search::Course course = search::best_so_far(spec, trials, metric);
    Json json = {{"study", spec.name},
                 {"metric", metric},
                 {"direction", std::string(to_string(search::direction_of(spec, metric)))}};
    for (const char* column : {"trials", "best", "cost_s", "time_s"})
        json[column] = Json::array();
    for (const std::size_t i : spread_points(course.size(), call.integer("max_points"))) {
        json["trials"].push_back(i + 1);
        json["best"].push_back(course.values[i]);
        json["cost_s"].push_back(course.cost[i]);
        json["time_s"].push_back(course.time[i]);
    }
    return http::make_json(200, json);
}

}  // namespace

void add_analyses(Operations& operations, const Service& service) {
    operations["get_importance"] = [&service](const Call& call) {
        return get_importance(call, service);
    };
    operations["get_convergence"] = [&service](const Call& call) {
        return get_convergence(call, service);
    };
}

}  // namespace parnas::rest
