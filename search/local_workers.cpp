// SPDX-License-Identifier: Apache-2.0
#include "search/local_workers.h"

#include <chrono>
#include <exception>
#include <functional>
#include <utility>

#include <fmt/format.h>

namespace parnas::search {
namespace {

constexpr int kErrorsInRow = 3;
constexpr std::chrono::milliseconds kBetweenPhaseReports{200};

// Forwards what a phase's runner tells of its progress, but not each batch.
class PhaseReports {
  public:
    explicit PhaseReports(LeaseDesk& desk) : desk_(desk) { desk_.report_phase(0.0, {}); }

    void operator()(double share, const Metrics& metrics) {
        const auto now = std::chrono::steady_clock::now();
        if (now - last_ < kBetweenPhaseReports)
            return;
        last_ = now;
        desk_.report_phase(share, metrics);
    }

  private:
    LeaseDesk& desk_;
    std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
};

}  // namespace

LocalWorkers::LocalWorkers(const WorkerParts& parts) : parts_(parts) {
    for (int i = 0; i < parts.workers; ++i)
        threads_.emplace_back([this](const std::stop_token& stop) { work(stop); });
    threads_.emplace_back([this](const std::stop_token& stop) { run_phases(stop); });
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
                return parts_.desk.report(lease.key(), step, metrics) == Heard::go_on
                           ? evaluators::Verdict::go_on
                           : evaluators::Verdict::stop;
            },
        .save_weights = [&](std::string bytes) { weights = std::move(bytes); },
        .load = [&](const ArtifactId& id) { return parts_.store.artifact(id); }};
    Outcome outcome = try_evaluate(lease, context);
    parts_.desk.finish(lease.key(), std::move(outcome), std::move(weights));
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

void LocalWorkers::run_phases(const std::stop_token& stop) {
    std::unique_ptr<evaluators::PhaseRunner> runner;
    while (const std::optional<PhaseLease> lease = parts_.desk.lease_phase(stop)) {
        std::optional<std::string> checkpoint;
        PhaseReports reports(parts_.desk);
        const evaluators::PhaseContext context{
            .space = parts_.space,
            .stop = stop,
            .threads = parts_.phase_threads,
            .seed = lease->seed,
            .progress = std::ref(reports),
            .save_checkpoint = [&](std::string bytes) { checkpoint = std::move(bytes); },
            .load = [&](const ArtifactId& id) { return parts_.store.artifact(id); }};
        evaluators::PhaseOutcome outcome = run_phase(runner, *lease, context);
        parts_.desk.finish_phase(std::move(outcome), std::move(checkpoint));
    }
}

evaluators::PhaseOutcome LocalWorkers::run_phase(std::unique_ptr<evaluators::PhaseRunner>& runner,
                                                 const PhaseLease& lease,
                                                 const evaluators::PhaseContext& context) {
    try {
        if (!runner)
            runner = parts_.evaluator.make_phase_runner();
        if (!runner)
            return Failure{FailureKind::infeasible,
                           "the evaluator has no shared weights to train; `training` has"};
        return runner->run(lease.phase, context);
    } catch (const std::exception& error) {
        return Failure{
            context.stop.stop_requested() ? FailureKind::cancelled : FailureKind::crashed,
            error.what()};
    }
}

}  // namespace parnas::search
