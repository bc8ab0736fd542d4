// SPDX-License-Identifier: Apache-2.0
#include "api/client/evaluation.h"

#include <chrono>
#include <exception>
#include <utility>

#include <fmt/format.h>

#include "api/client/report_stream.h"
#include "api/client/service_error.h"
#include "search/trial_codec.h"

namespace parnas::client {
namespace {

constexpr std::size_t kDigestDigits = 32;

// Evaluators name artifacts by digests; the service may name its own as it likes.
ArtifactId artifact_id(const std::string& name) {
    return name.size() == kDigestDigits ? digest_from_string(name) : hash_bytes(name);
}

Candidate to_candidate(const LeaseGrant& grant, const spaces::SearchSpace& space) {
    Candidate candidate{.number = grant.trial,
                        .genotype = search::TrialCodec(space.params()).from_text(grant.genotype),
                        .stage = grant.stage,
                        .fidelity = grant.fidelity,
                        .seed = grant.seed};
    if (grant.warm_start)
        candidate.warm_start = artifact_id(*grant.warm_start);
    return candidate;
}

TrialResult to_result(const Measurement& measurement, bool pruned) {
    return {.kind = pruned ? ResultKind::pruned : ResultKind::completed,
            .metrics = measurement.metrics,
            .cost = measurement.cost};
}

TrialResult to_result(const Failure& failure, Seconds cost) {
    TrialResult result{.kind = ResultKind::failed, .reason = failure.reason, .cost = cost};
    if (failure.kind == FailureKind::cancelled)
        result.kind = ResultKind::preempted;
    else if (failure.kind == FailureKind::infeasible)
        result.kind = ResultKind::infeasible;
    else
        result.failure = failure.kind;
    return result;
}

// A trial does without its weights if the server does not take them.
void keep_weights(std::string bytes, HeldLease& lease, ServiceClient& client, TrialResult& result) {
    try {
        result.weights = client.put_artifact(std::move(bytes), {.stop = lease.lost()});
    } catch (const ServiceError& error) {
        if (error.kind() == ErrorKind::unauthorized)
            throw;
        result.reason = fmt::format("the weights were not kept: {}", error.what());
    }
}

}  // namespace

EvaluationEnd evaluate(HeldLease& lease, const StudyParts& parts, ServiceClient& client) {
    const LeaseGrant& grant = lease.grant();
    const Candidate candidate = to_candidate(grant, *parts.space);
    const std::stop_token stop = lease.stop();
    const auto began = std::chrono::steady_clock::now();
    const auto taken = [&] { return Seconds(std::chrono::steady_clock::now() - began); };
    ReportStream reports(lease, client);
    std::optional<std::string> weights;
    const evaluators::Context context{
        .space = *parts.space,
        .stop = stop,
        .threads = parts.threads,
        .report = [&](std::int64_t step,
                      const Metrics& metrics) { return reports.add(step, metrics); },
        .save_weights = [&](std::string bytes) { weights = std::move(bytes); },
        .load =
            [&](const ArtifactId& id) {
                const bool own = grant.warm_start && id == candidate.warm_start;
                return client.artifact(own ? *grant.warm_start : to_string(id), {.stop = stop});
            }};
    try {
        const Outcome outcome = parts.evaluator->evaluate(candidate, context);
        if (const auto* failure = std::get_if<Failure>(&outcome))
            return {.result = to_result(*failure, taken())};
        TrialResult result = to_result(std::get<Measurement>(outcome), reports.pruned());
        reports.flush();
        if (weights)
            keep_weights(std::move(*weights), lease, client, result);
        return {.result = std::move(result)};
    } catch (const std::exception& error) {
        const bool stopped = stop.stop_requested();
        return {.result = to_result(
                    Failure{stopped ? FailureKind::cancelled : FailureKind::crashed, error.what()},
                    taken()),
                .error = stopped ? std::nullopt : std::optional<std::string>(error.what())};
    }
}

}  // namespace parnas::client
