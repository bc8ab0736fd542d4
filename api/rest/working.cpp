// SPDX-License-Identifier: Apache-2.0
#include "api/rest/working.h"

#include <algorithm>
#include <chrono>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "api/http/problem.h"
#include "api/rest/bodies.h"
#include "api/rest/etag.h"
#include "api/rest/lease_access.h"
#include "api/rest/results.h"
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

// --- leases -------------------------------------------------------------------------------

Json params_json(const spaces::SearchSpace& space, const Genotype& genotype) {
    const std::span<const spaces::Param> params = space.params();
    const std::vector<bool> active = spaces::active(params, genotype);
    Json json = Json::object();
    for (std::size_t i = 0; i < params.size(); ++i)
        if (active[i])
            json[params[i].name] =
                parnas::to_json(spaces::to_scalar(params[i].domain, genotype.values[i]));
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

// The answer to a request for leases.
struct LeaseReply {
    const char* member = "leases";  // what it calls them
    Json body = Json::object();     // what it says besides

    http::Response with(std::span<const service::GrantedLease> leases) const {
        Json full = body;
        full[member] = leased_json(leases);
        return http::make_json(200, full);
    }

    http::Response none_because(std::string_view reason) const {
        Json full = body;
        full[member] = Json::array();
        full["reason"] = reason;
        full["retry_after_s"] = kRetryAfterSeconds;
        return http::make_json(200, full);
    }
};

http::Response take(const Call& call,
                    const LeaseReply& reply,
                    const service::LeaseRequest& request,
                    service::Leases& leases) {
    std::optional<http::Response> response;
    const auto answer =
        [&](std::span<const service::GrantedLease> granted) -> std::optional<store::Answer> {
        response = reply.with(granted);
        return call.key() ? std::optional(to_store_answer(*call.key(), *response)) : std::nullopt;
    };
    const service::Granted granted = leases.take(request, answer, call.request().stop);
    return granted.leases.empty() ? reply.none_because(to_string(granted.reason))
                                  : *std::move(response);
}

// Workers ask for the same study again and again: one that is driven needs no look into the store.
StudyId study_of(const Call& call,
                 const std::string& name,
                 const Service& service,
                 const service::Leases& leases) {
    const std::shared_ptr<service::HostedStudy> driven = leases.find_driven(name);
    if (driven && may_see(call.caller(), service.store, driven->id(), name))
        return driven->id();
    return find_study(call.caller(), service.store, name).record.id;
}

http::Response take_leases(const Call& call,
                           const Service& service,
                           service::Workers& workers,
                           service::Leases& leases,
                           const Results& results) {
    const store::WorkerRecord worker = workers.hear(call.text("worker"));
    const Json& body = call.body();
    LeaseReply reply;
    if (body.contains("results"))
        reply.body["results"] = results.settle(call, body["results"]);
    if (worker.draining)
        return reply.none_because("draining");
    service::LeaseRequest request{
        .worker = worker.id,
        .most = body.value("max", std::size_t{1}),
        .until = Clock::now() +
                 std::chrono::duration_cast<Clock::duration>(Seconds(body.value("wait_s", 0.0)))};
    if (body.contains("study"))
        request.study = study_of(call, body["study"].get<std::string>(), service, leases);
    else if (call.caller().is_bound())
        request.may_take = [&](const service::HostedStudy& study) {
            return may_see(call.caller(), service.store, study.id(), study.name());
        };
    return take(call, reply, request, leases);
}

http::Response heartbeat(const Call& call,
                         const Service& service,
                         service::Workers& workers,
                         service::Leases& leases) {
    const std::string lease = lease_of(call, service, leases);
    const Json& body = call.body();
    const service::Beat beat = ask_lease(leases, lease, [&] {
        return leases.renew(lease,
                            body["fence"].get<std::int64_t>(),
                            body.contains("progress")
                                ? std::optional(body["progress"].get<double>())
                                : std::nullopt);
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
        reports.push_back({.step = step, .metrics = read_metrics(each["metrics"])});
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

// --- without a worker ---------------------------------------------------------------------

// Whose leases those of an asking client are: its token's.
std::string asker_of(const Call& call) {
    return call.caller().token.empty() ? "ask" : call.caller().token;
}

http::Response ask(const Call& call, const Service& service, service::Leases& leases) {
    constexpr std::chrono::seconds kPatience{8};  // any answer takes less than 10 s
    const SeenStudy study = find_study(call, service.store);
    return take(call,
                {.member = "trials"},
                {.worker = asker_of(call),
                 .study = study.record.id,
                 .most = call.body().is_object() ? call.body().value("n", std::size_t{1}) : 1,
                 .until = Clock::now() + kPatience},
                leases);
}

Metrics told_metrics(const Json& body, const store::StudySpec& spec) {
    if (body.contains("metrics"))
        return read_metrics(body["metrics"]);
    Metrics metrics;
    const Json values = body.value("values", Json::array());
    if (!values.empty() && values.size() != spec.metrics.size())
        throw http::HttpError(http::Problem{
            .status = 422,
            .detail = "the request has faults",
            .errors = {{"/values", fmt::format("expected {} values", spec.metrics.size())}}});
    for (std::size_t i = 0; i < values.size(); ++i)
        metrics[spec.metrics[i]] = read_number(values[i]);
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
        return told(number,
                    leases.settle(leases.hand_in(
                        last.lease, body.value("fence", last.attempt), std::move(outcome))));
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
    const Results results(service, leases, uploads);
    operations["take_leases"] = Operation(
        [&, results](const Call& call) {
            return take_leases(call, service, workers, leases, results);
        },
        Recorded::by_operation);
    operations["ask"] = Operation([&](const Call& call) { return ask(call, service, leases); },
                                  Recorded::by_operation);
    operations["tell"] = [&](const Call& call) { return tell(call, service, leases); };
    operations["heartbeat"] = [&](const Call& call) {
        return heartbeat(call, service, workers, leases);
    };
    operations["report"] = [&](const Call& call) { return report(call, service, leases); };
    operations["put_result"] = [results](const Call& call) { return results.put(call); };
}

}  // namespace parnas::rest
