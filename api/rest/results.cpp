// SPDX-License-Identifier: Apache-2.0
#include "api/rest/results.h"

#include <limits>
#include <variant>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "api/http/problem.h"
#include "api/rest/bodies.h"
#include "api/rest/lease_access.h"

namespace parnas::rest {
namespace {

constexpr int kServerError = 500;

FailureKind failure_kind_of(const Json& result, const std::string& outcome) {
    if (outcome == "infeasible")
        return FailureKind::infeasible;
    return failure_kind_from_string(result.value("failure_kind", "crashed"));
}

// None: the worker has no result, and gives the lease back.
std::optional<Outcome> outcome_of(const Json& result) {
    const auto outcome = result["outcome"].get<std::string>();
    if (outcome == "preempted")
        return std::nullopt;
    if (outcome == "completed" || outcome == "pruned")
        return Measurement{.metrics = read_metrics(result.value("metrics", Json::object())),
                           .cost = Seconds(result["cost_s"].get<double>())};
    return Failure{failure_kind_of(result, outcome), result.value("reason", outcome)};
}

// Of the result, if it names an upload.
std::optional<Digest> weights_of(const Json& result) {
    if (!result.contains("weights"))
        return std::nullopt;
    return digest_from_string(result["weights"].get<std::string>());
}

std::optional<std::string> bytes_of(const std::optional<Digest>& weights,
                                    const service::Uploads& uploads) {
    if (!weights)
        return std::nullopt;
    std::optional<std::string> bytes = uploads.find(*weights);
    if (!bytes)
        throw http::HttpError(
            http::Problem{.status = 422,
                          .slug = "unknown-artifact",
                          .detail = "the request has faults",
                          .errors = {{"/weights", "not uploaded, or long ago: send it again"}}});
    return bytes;
}

}  // namespace

double read_number(const Json& json) {
    if (json.is_number())
        return json.get<double>();
    const auto& text = json.get_ref<const std::string&>();
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    return text == "NaN" ? std::numeric_limits<double>::quiet_NaN()
                         : (text == "-Infinity" ? -kInfinity : kInfinity);
}

Metrics read_metrics(const Json& json) {
    Metrics metrics;
    for (const auto& [name, value] : json.items())
        metrics[name] = read_number(value);
    return metrics;
}

void check_metrics(const Outcome& outcome, const search::PreparedStudy& study) {
    const auto* measured = std::get_if<Measurement>(&outcome);
    if (measured == nullptr)
        return;
    Faults faults;
    for (const std::string& metric : study.evaluator->metrics())
        if (!measured->metrics.contains(metric))
            faults.add("/metrics", fmt::format("'{}' is missing", metric));
    throw_unprocessable(faults);
}

http::Response Results::put(const Call& call) const {
    const std::string lease = lease_of(call, service_, leases_);
    return http::make_json(
        200, ask_lease(leases_, lease, [&] { return settle(hand_in(lease, call.body())); }));
}

Json Results::settle(const Call& call, const Json& results) const {
    // What `ask` returns; a problem of this result alone goes into its answer.
    const auto ask_of = [&](Json& answer, const auto& ask) -> decltype(std::optional(ask())) {
        const auto& lease = answer["lease"].get_ref<const std::string&>();
        try {
            return ask_lease(leases_, lease, ask);
        } catch (const Error& error) {
            const http::Problem problem = http::to_problem(error);
            if (problem.status >= kServerError)
                throw;
            answer["problem"] = http::to_json(problem, call.request().id);
            return std::nullopt;
        }
    };
    Json answers = Json::array();
    std::vector<std::optional<Pending>> pending;  // all, before the first is waited for
    for (const Json& result : results) {
        answers.push_back({{"lease", result["lease"]}});
        pending.push_back(ask_of(answers.back(), [&] {
            const auto lease = result["lease"].get<std::string>();
            require_lease(call, service_, leases_, lease);
            return hand_in(lease, result);
        }));
    }
    for (std::size_t i = 0; i < pending.size(); ++i)
        if (pending[i])
            if (auto settled = ask_of(answers[i], [&] { return settle(*pending[i]); }))
                answers[i]["settled"] = *std::move(settled);
    return answers;
}

Results::Pending Results::hand_in(const std::string& lease, const Json& result) const {
    Pending pending{.trial = leases_.trial_of(lease), .handed = {}, .weights = weights_of(result)};
    std::optional<Outcome> outcome = outcome_of(result);
    if (pending.trial.study && result["outcome"] == "completed")
        check_metrics(*outcome, pending.trial.study->prepared());
    pending.handed =
        leases_.hand_in(lease, result["fence"].get<std::int64_t>(), std::move(outcome), [&] {
            return bytes_of(pending.weights, uploads_);
        });
    return pending;
}

Json Results::settle(const Pending& pending) const {
    const TrialState state = leases_.settle(pending.handed);
    if (pending.weights)
        uploads_.drop(*pending.weights);
    return {{"study", pending.trial.name},
            {"trial", pending.trial.number},
            {"state", to_string(state)}};
}

}  // namespace parnas::rest
