// SPDX-License-Identifier: Apache-2.0
#include "api/rest/working.h"

#include <algorithm>
#include <chrono>
#include <limits>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "api/http/problem.h"
#include "api/rest/bodies.h"
#include "api/rest/etag.h"
#include "api/rest/store_answers.h"
#include "api/rest/study_access.h"
#include "api/rest/worker_reading.h"
#include "spaces/param.h"

namespace parnas::rest {
namespace {

using Clock = search::LeaseDesk::Clock;

// A heartbeat may be lost, and another one, before a lease lapses.
constexpr double kBeatsInTtl = 4.0;
constexpr double kRetryAfterSeconds = 1.0;

http::HttpError superseded(const Error& error) {
    return http::HttpError(
        http::Problem{.status = 409, .slug = "lease-superseded", .detail = error.what()});
}

// Errors of leases as the contract has them.
template <typename Ask>
auto ask_lease(service::Leases& leases, const std::string& lease, const Ask& ask)
    -> decltype(ask()) {
    try {
        return ask();
    } catch (const Error& error) {
        if (error.kind() == ErrorKind::conflict)
            throw superseded(error);
        if (error.kind() == ErrorKind::not_found && leases.was_deleted(lease))
            throw http::HttpError(410, "the study was deleted, and the lease with it");
        throw;
    }
}

double to_number(const Json& json) {
    if (json.is_number())
        return json.get<double>();
    const auto& text = json.get_ref<const std::string&>();
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    return text == "NaN" ? std::numeric_limits<double>::quiet_NaN()
                         : (text == "-Infinity" ? -kInfinity : kInfinity);
}

Metrics to_metrics(const Json& json) {
    Metrics metrics;
    for (const auto& [name, value] : json.items())
        metrics[name] = to_number(value);
    return metrics;
}

// --- leases -------------------------------------------------------------------------------

Json params_json(const spaces::SearchSpace& space, const Genotype& genotype) {
    const std::span<const spaces::Param> params = space.params();
    const std::vector<bool> active = spaces::active(params, genotype);
    Json json = Json::object();
    for (std::size_t i = 0; i < params.size(); ++i)
        if (active[i])
            json[params[i].name] = to_json(spaces::to_scalar(params[i].domain, genotype.values[i]));
    return json;
}

Json genotype_json(const Genotype& genotype) {
    Json json = Json::array();
    for (const Value& value : genotype.values)
        std::visit([&](auto number) { json.push_back(number); }, value);
    return json;
}

Json leased_json(const service::GrantedLease& granted) {
    const Candidate& candidate = granted.lease.candidate;
    Json json{
        {"lease", granted.attempt.lease},
        {"study", granted.study->name()},
        {"trial", candidate.number},
        {"attempt", granted.attempt.attempt},
        {"fence", granted.attempt.attempt},
        {"expires_in_s", granted.attempt.ttl.count()},
        {"params", params_json(*granted.study->prepared().space, candidate.genotype)},
        {"genotype", genotype_json(candidate.genotype)},
        {"fidelity", candidate.fidelity},
        {"stage", to_string(candidate.stage)},
        {"seed", std::to_string(candidate.seed)},
        {"reporting", granted.lease.reporting == search::Reporting::judged ? "judged" : "noted"}};
    if (candidate.warm_start)
        json["warm_start"] = to_string(*candidate.warm_start);
    return json;
}

Json leased_json(std::span<const service::GrantedLease> leases) {
    Json json = Json::array();
    for (const service::GrantedLease& lease : leases)
        json.push_back(leased_json(lease));
    return json;
}

// `member`: what the answer calls leases.
http::Response none_because(const char* member, std::string_view reason) {
    return http::make_json(
        200, {{member, Json::array()}, {"reason", reason}, {"retry_after_s", kRetryAfterSeconds}});
}

service::MakeAnswer answer_maker(const Call& call, const char* member) {
    return [&call,
            member](std::span<const service::GrantedLease> leases) -> std::optional<store::Answer> {
        if (!call.key())
            return std::nullopt;
        return to_store_answer(*call.key(), http::make_json(200, {{member, leased_json(leases)}}));
    };
}

http::Response take(const Call& call,
                    const char* member,
                    const service::LeaseRequest& request,
                    service::Leases& leases) {
    const service::Granted granted =
        leases.take(request, answer_maker(call, member), call.request().stop);
    if (granted.leases.empty())
        return none_because(member, to_string(granted.reason));
    return http::make_json(200, {{member, leased_json(granted.leases)}});
}

http::Response take_leases(const Call& call,
                           const Service& service,
                           service::Workers& workers,
                           service::Leases& leases) {
    const store::WorkerRecord worker = workers.hear(call.text("worker"));
    if (worker.draining)
        return none_because("leases", "draining");
    const Json& body = call.body();
    service::LeaseRequest request{
        .worker = worker.id,
        .most = body.value("max", std::size_t{1}),
        .until = Clock::now() +
                 std::chrono::duration_cast<Clock::duration>(Seconds(body.value("wait_s", 0.0)))};
    if (body.contains("study"))
        request.study =
            find_study(call.caller(), service.store, body["study"].get<std::string>()).record.id;
    else if (call.caller().is_bound())
        request.may_take = [&](const service::HostedStudy& study) {
            return may_see(call.caller(), service.store, study.id(), study.name());
        };
    return take(call, "leases", request, leases);
}

// The lease that the path names, if the caller may see its study.
std::string lease_of(const Call& call, const Service& service, service::Leases& leases) {
    std::string lease = call.text("lease");
    if (!call.caller().is_bound())
        return lease;
    const service::LeasedTrial trial = leases.trial_of(lease);
    if (!may_see(call.caller(), service.store, trial.id, trial.name))
        throw http::HttpError(404, fmt::format("there is no lease '{}'", lease));
    return lease;
}

http::Response heartbeat(const Call& call,
                         const Service& service,
                         service::Workers& workers,
                         service::Leases& leases) {
    const std::string lease = lease_of(call, service, leases);
    const service::Beat beat = ask_lease(leases, lease, [&] {
        return leases.renew(lease, call.body()["fence"].get<std::int64_t>());
    });
    // Who asked without being a worker cannot be drained.
    const bool drain = service::is_worker(beat.worker) && workers.hear(beat.worker).draining;
    Json json{{"expires_in_s", beat.expires_in.count()},
              {"should_stop", beat.should_stop},
              {"should_drain", drain}};
    if (beat.should_stop)
        json["reason"] = "the study has ended";
    return http::make_json(200, json);
}

http::Response report(const Call& call, const Service& service, service::Leases& leases) {
    const std::string lease = lease_of(call, service, leases);
    const auto fence = call.body()["fence"].get<std::int64_t>();
    std::vector<service::LeaseReport> reports;
    for (const Json& each : call.body()["reports"]) {
        const auto step = each["step"].get<std::int64_t>();
        if (!reports.empty() && step <= reports.back().step)
            throw http::HttpError(
                http::Problem{.status = 422,
                              .detail = "the request has faults",
                              .errors = {{fmt::format("/reports/{}/step", reports.size()),
                                          "steps have to ascend"}}});
        reports.push_back({.step = step, .metrics = to_metrics(each["metrics"])});
    }
    return ask_lease(leases, lease, [&] {
        const bool stop = leases.report(lease, fence, reports);
        Json json{{"should_stop", stop},
                  {"expires_in_s", stop ? 0.0 : leases.renew(lease, fence).expires_in.count()}};
        if (stop)
            json["reason"] = "pruned";
        return http::make_json(200, json);
    });
}

FailureKind failure_kind_of(const Json& body, const std::string& outcome) {
    if (outcome == "infeasible")
        return FailureKind::infeasible;
    return failure_kind_from_string(body.value("failure_kind", "crashed"));
}

Outcome outcome_of(const Json& body) {
    const auto outcome = body["outcome"].get<std::string>();
    if (outcome == "completed" || outcome == "pruned")
        return Measurement{.metrics = to_metrics(body.value("metrics", Json::object())),
                           .cost = Seconds(body["cost_s"].get<double>())};
    return Failure{failure_kind_of(body, outcome), body.value("reason", outcome)};
}

// A completed trial without what it is judged by would be of no use to anybody.
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

// Of the result, if it names an upload.
std::optional<Digest> weights_of(const Json& body) {
    if (!body.contains("weights"))
        return std::nullopt;
    return digest_from_string(body["weights"].get<std::string>());
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

http::Response put_result(const Call& call,
                          const Service& service,
                          service::Leases& leases,
                          service::Uploads& uploads) {
    const std::string lease = lease_of(call, service, leases);
    const Json& body = call.body();
    const auto fence = body["fence"].get<std::int64_t>();
    return ask_lease(leases, lease, [&] {
        const service::LeasedTrial trial = leases.trial_of(lease);
        TrialState state = TrialState::running;
        if (body["outcome"] == "preempted") {
            leases.give_back(lease, fence);
        } else {
            Outcome outcome = outcome_of(body);
            if (trial.study && body["outcome"] == "completed")
                check_metrics(outcome, trial.study->prepared());
            const std::optional<Digest> weights = weights_of(body);
            state = leases.finish(
                lease, fence, std::move(outcome), [&] { return bytes_of(weights, uploads); });
            if (weights)
                uploads.drop(*weights);
        }
        return http::make_json(
            200, {{"study", trial.name}, {"trial", trial.number}, {"state", to_string(state)}});
    });
}

// --- without a worker ---------------------------------------------------------------------

// Whose leases those of an asking client are: its token's.
std::string asker_of(const Call& call) {
    return call.caller().token.empty() ? "ask" : call.caller().token;
}

http::Response ask(const Call& call, const Service& service, service::Leases& leases) {
    constexpr std::chrono::seconds kPatience{10};
    const SeenStudy study = find_study(call, service.store);
    return take(call,
                "trials",
                {.worker = asker_of(call),
                 .study = study.record.id,
                 .most = call.body().is_object() ? call.body().value("n", std::size_t{1}) : 1,
                 .until = Clock::now() + kPatience},
                leases);
}

Metrics told_metrics(const Json& body, const store::StudySpec& spec) {
    if (body.contains("metrics"))
        return to_metrics(body["metrics"]);
    Metrics metrics;
    const Json values = body.value("values", Json::array());
    if (!values.empty() && values.size() != spec.metrics.size())
        throw http::HttpError(http::Problem{
            .status = 422,
            .detail = "the request has faults",
            .errors = {{"/values", fmt::format("expected {} values", spec.metrics.size())}}});
    for (std::size_t i = 0; i < values.size(); ++i)
        metrics[spec.metrics[i]] = to_number(values[i]);
    return metrics;
}

http::Response told(TrialNumber trial, TrialState state) {
    return http::make_json(200, {{"trial", trial}, {"state", to_string(state)}});
}

http::Response tell(const Call& call, const Service& service, service::Leases& leases) {
    const SeenStudy study = find_study(call, service.store);
    const Json& body = call.body();
    const auto number = body["trial"].get<TrialNumber>();
    const store::TrialRecord trial = service.store.trial(study.record.id, number);
    if (is_finished(trial.state) && body.value("skip_if_finished", false))
        return told(number, trial.state);
    const std::vector<store::AttemptRecord> attempts =
        service.kept.attempts(study.record.id, number);
    if (is_finished(trial.state) || attempts.empty())
        throw Error(
            ErrorKind::conflict,
            is_finished(trial.state) ? "the trial is finished" : "the trial was not asked for");
    const store::AttemptRecord& last = attempts.back();
    const std::string state = body.value("state", "complete");
    Outcome outcome = Failure{FailureKind::crashed, "told as failed"};
    if (state != "fail")
        outcome = Measurement{.metrics = told_metrics(body, study.record.spec)};
    const service::LeasedTrial leased = leases.trial_of(last.lease);
    if (state == "complete" && leased.study)
        check_metrics(outcome, leased.study->prepared());
    return ask_lease(leases, last.lease, [&] {
        return told(
            number,
            leases.finish(last.lease, body.value("fence", last.attempt), std::move(outcome)));
    });
}

}  // namespace

void add_working(Operations& operations,
                 const Service& service,
                 service::Workers& workers,
                 service::Leases& leases,
                 service::Uploads& uploads) {
    operations["register_worker"] = Operation(
        [&](const Call& call) {
            const Json& body = call.body();
            const TimePoint time = now();
            const store::WorkerRecord worker{.id = workers.make_id(),
                                             .name = body["name"],
                                             .host = body["host"],
                                             .pid = body["pid"],
                                             .target = body.value("target", ""),
                                             .version = body["version"],
                                             .token = call.caller().token,
                                             .registered = time,
                                             .last_seen = time};
            http::Response response =
                http::make_json(201,
                                {{"id", worker.id},
                                 {"name", worker.name},
                                 {"heartbeat_s", leases.options().ttl.count() / kBeatsInTtl},
                                 {"draining", false}});
            store::PutOptions with;
            if (call.key())
                with.answer = to_store_answer(*call.key(), response);
            workers.add(worker, with);
            return response;
        },
        Recorded::by_operation);
    operations["update_worker"] = [&](const Call& call) {
        const store::WorkerRecord worker = workers.find(call.text("worker"));
        require_revision(call.request(), worker.revision);
        return answer_worker(
            call,
            workers.set_draining(worker.id, call.body()["draining"].get<bool>(), worker.revision),
            service);
    };
    operations["take_leases"] =
        Operation([&](const Call& call) { return take_leases(call, service, workers, leases); },
                  Recorded::by_operation);
    operations["ask"] = Operation([&](const Call& call) { return ask(call, service, leases); },
                                  Recorded::by_operation);
    operations["tell"] = [&](const Call& call) { return tell(call, service, leases); };
    operations["heartbeat"] = [&](const Call& call) {
        return heartbeat(call, service, workers, leases);
    };
    operations["report"] = [&](const Call& call) { return report(call, service, leases); };
    operations["put_result"] = [&](const Call& call) {
        return put_result(call, service, leases, uploads);
    };
}

}  // namespace parnas::rest
