// SPDX-License-Identifier: Apache-2.0
#include "search/lease_turns.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "search/json_text.h"

namespace parnas::search {
namespace {

store::Event event_of(const LeaseKey& key, const char* kind, const std::string& reason) {
    return {.time = now(),
            .kind = kind,
            .body = fmt::format(R"({{"number":{},"attempt":{},"reason":{}}})",
                                key.number,
                                key.attempt,
                                json_text(reason))};
}

}  // namespace

std::optional<LeasedTrial> LeaseTurns::find_out(TrialNumber number) const {
    if (remote_ == nullptr)
        return std::nullopt;
    const auto found = std::ranges::find(remote_->out, number, &LeasedTrial::number);
    return found == remote_->out.end() ? std::nullopt : std::optional(*found);
}

void LeaseTurns::restore(const Candidate& candidate, const LeasedTrial& leased) {
    desk_.restore(lease_of({.candidate = candidate, .attempt = leased.attempt}),
                  {.ttl = leased.ttl, .progress = job_.leases.progress_deadline});
}

void LeaseTurns::handle(LeaseDesk::Mail& mail, const std::stop_token& stop) {
    for (LeaseDesk::Report& report : mail.reports)
        take(std::move(report));
    for (LeaseDesk::Result& result : mail.results)
        take(std::move(result), stop);
    for (LeaseDesk::Return& back : mail.returns)
        take(std::move(back));
    for (const LeaseKey& key : mail.wanted)
        take_away(key);
}

void LeaseTurns::take(LeaseDesk::Report report) {
    const TrialNumber number = report.lease.candidate.number;
    const auto value = report.metrics.find(job_.objectives[0].metric);
    if (value != report.metrics.end()) {
        ledger_.report(number, report.step, value->second);
        referee_.report(number, {.step = report.step, .value = value->second});
    }
    if (report.lease.reporting == Reporting::judged)
        unanswered_.push_back(std::move(report));
}

void LeaseTurns::take(LeaseDesk::Result result, const std::stop_token& stop) {
    const LeaseKey key = result.lease.key();
    unconfirmed_[key.number] = std::move(result.recorded);
    if (auto* measured = std::get_if<Measurement>(&result.outcome)) {
        if (result.remote)
            end_attempt(key, store::AttemptState::ok, {});
        ledger_.finish(key.number, std::move(*measured), std::move(result.weights));
        return;
    }
    Failure& failure = std::get<Failure>(result.outcome);
    if (failure.kind == FailureKind::cancelled && stop.stop_requested())
        return;  // the next session does it again
    if (result.remote)
        end_attempt(key, store::AttemptState::error, failure.reason);
    ledger_.fail(key.number, std::move(failure));
}

void LeaseTurns::take(LeaseDesk::Return back) {
    unconfirmed_[back.key.number] = std::move(back.recorded);
    const std::string reason = "its worker was stopped";
    end_attempt(back.key, store::AttemptState::preempted, reason);
    ledger_.batch().events.push_back(event_of(back.key, "lease_preempted", reason));
    begin_again(back.key.number);
}

void LeaseTurns::take_away(const LeaseKey& key) {
    const std::optional<LeaseLoss> loss = desk_.revoke(key);
    if (!loss)
        return;
    const std::string reason = why_lost(*loss);
    std::vector<std::string> lost = remote_->lost_workers(key.number);
    if (remote_->on_expired)
        remote_->on_expired(key);
    end_attempt(key, store::AttemptState::expired, reason);
    ledger_.batch().events.push_back(event_of(key, "lease_expired", reason));
    if (lost.size() + 1 < remote_->most_lost) {
        begin_again(key.number);
        return;
    }
    ledger_.fail(key.number,
                 {FailureKind::crashed,
                  fmt::format("{} worker{} lost with this trial, the last one since {}: the trial "
                              "may be to blame",
                              lost.size() + 1,
                              lost.empty() ? " was" : "s were",
                              reason)});
}

std::string LeaseTurns::why_lost(LeaseLoss loss) const {
    if (loss == LeaseLoss::stalled && job_.leases.progress_deadline)
        return fmt::format("its worker reported no progress for {} s",
                           job_.leases.progress_deadline->count());
    return "nothing was heard of its worker";
}

void LeaseTurns::begin_again(TrialNumber number) {
    ledger_.retry(number);
    referee_.restart(number);
}

void LeaseTurns::end_attempt(const LeaseKey& key, store::AttemptState state, std::string reason) {
    ledger_.batch().attempt_ends.push_back({.number = key.number,
                                            .attempt = key.attempt,
                                            .state = state,
                                            .reason = std::move(reason),
                                            .ended = now()});
}

Lease LeaseTurns::lease_of(const TrialLedger::Offer& offer) const {
    return {.candidate = offer.candidate,
            .attempt = offer.attempt,
            .reporting = referee_.judges(offer.candidate) ? Reporting::judged : Reporting::noted};
}

void LeaseTurns::publish(const TrialLedger::Turn& turn) {
    for (const TrialLedger::Settled& settled : turn.settled)
        if (auto sender = unconfirmed_.extract(settled.candidate.number))
            sender.mapped().set_value(settled.ended.trial.state);
    for (const TrialLedger::Offer& offer : turn.offers)
        desk_.offer(lease_of(offer));
    for (const TrialLedger::Offer& offer : turn.again)
        desk_.offer(lease_of(offer), true);
}

void LeaseTurns::confirm_rest() {
    for (auto& [number, recorded] : std::exchange(unconfirmed_, {}))
        recorded.set_value(TrialState::running);
}

void LeaseTurns::answer() {
    for (const LeaseDesk::Report& report : std::exchange(unanswered_, {}))
        desk_.answer(report.lease.key(), judge(report));
}

evaluators::Verdict LeaseTurns::judge(const LeaseDesk::Report& report) {
    const TrialNumber number = report.lease.candidate.number;
    if (!ledger_.is_open(number, report.lease.attempt))
        return evaluators::Verdict::stop;  // its worker did not wait for the verdict
    const std::optional<std::string> reason = referee_.verdict(number);
    if (!reason)
        return evaluators::Verdict::go_on;
    ledger_.prune(number, report.step, *reason);
    return evaluators::Verdict::stop;
}

}  // namespace parnas::search
