// SPDX-License-Identifier: Apache-2.0
#include "search/local_workers.h"

#include <exception>
#include <utility>

#include <fmt/format.h>

namespace parnas::search {
namespace {

constexpr int kErrorsInRow = 3;

}  // namespace

LocalWorkers::LocalWorkers(const WorkerParts& parts) : parts_(parts) {
    for (int i = 0; i < parts.workers; ++i)
        threads_.emplace_back([this](const std::stop_token& stop) { work(stop); });
}

LocalWorkers::~LocalWorkers() {
    request_stop();
}

void LocalWorkers::request_stop() {
    for (std::jthread& thread : threads_)
        thread.request_stop();
}

void LocalWorkers::work(const std::stop_token& stop) {
    while (const std::optional<Lease> lease = parts_.desk.lease(stop))
        evaluate(*lease, stop);
}

void LocalWorkers::evaluate(const Lease& lease, const std::stop_token& stop) {
    std::optional<std::string> weights;
    const evaluators::Context context{
        .space = parts_.space,
        .stop = stop,
        .threads = parts_.threads,
        .report =
            [&](std::int64_t step, const Metrics& metrics) {
                return parts_.desk.report(lease.fence, step, metrics);
            },
        .save_weights = [&](std::string bytes) { weights = std::move(bytes); },
        .load = [&](const ArtifactId& id) { return parts_.store.artifact(id); }};
    Outcome outcome = try_evaluate(lease, context);
    parts_.desk.finish(lease.fence, std::move(outcome), std::move(weights));
}

Outcome LocalWorkers::try_evaluate(const Lease& lease, const evaluators::Context& context) {
    std::string reason;
    try {
        Outcome outcome = parts_.evaluator.evaluate(lease.candidate, context);
        errors_in_row_ = 0;
        return outcome;
    } catch (const std::exception& error) {
        reason = error.what();
    }
    if (context.stop.stop_requested())
        return Failure{FailureKind::cancelled, std::move(reason)};
    if (++errors_in_row_ == kErrorsInRow)
        parts_.desk.give_up(fmt::format(
            "the evaluator failed {} times in a row, at last: {}", kErrorsInRow, reason));
    return Failure{FailureKind::crashed, std::move(reason)};
}

}  // namespace parnas::search
