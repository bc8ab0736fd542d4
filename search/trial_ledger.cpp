// SPDX-License-Identifier: Apache-2.0
#include "search/trial_ledger.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "search/json_text.h"
#include "search/optuna_attributes.h"

namespace parnas::search {
namespace {

constexpr const char* kReused = "reused_from";  // user attribute

bool ends_at_rung(const Candidate& candidate) {
    return candidate.stage == Stage::search && candidate.fidelity < 1.0;
}

}  // namespace

TrialLedger::TrialLedger(const JobSpec& job,
                         ReuseScope scope,
                         const TrialCodec& codec,
                         const store::Store& store,
                         StudyId study)
    : job_(job),
      scope_(std::move(scope)),
      codec_(codec),
      store_(store),
      study_(study),
      front_(job) {}

void TrialLedger::start(const Candidate& candidate,
                        Screened screened,
                        const store::Attributes& attributes) {
    Open& open = begin(candidate, std::move(screened), attributes);
    if (open.screened.failure)
        settle_failed(open, *open.screened.failure);
    else if (!take_from_this_study(open) && !take_from_other_studies(open))
        to_offer_.push_back(candidate.number);
}

void TrialLedger::observe(const Candidate& candidate,
                          Screened screened,
                          const store::Attributes& attributes,
                          const Metrics& observed) {
    Open& open = begin(candidate, std::move(screened), attributes);
    open.key.reset();
    if (open.screened.failure)
        settle_failed(open, *open.screened.failure);
    else
        settle_measured(open, observed, {}, std::nullopt);
}

TrialLedger::Open& TrialLedger::begin(const Candidate& candidate,
                                      Screened screened,
                                      const store::Attributes& attributes) {
    batch_.starts.push_back({.number = candidate.number,
                             .params = codec_.to_records(candidate.genotype),
                             .genotype = codec_.to_text(candidate.genotype),
                             .stage = candidate.stage,
                             .fidelity = candidate.fidelity,
                             .seed = candidate.seed,
                             .warm_start = candidate.warm_start,
                             .user_attributes = attributes,
                             .started = now()});
    if (screened.figures)
        batch_.starts.back().system_attributes[std::string(kTargetFigures)] =
            to_text(*screened.figures);
    note_generation(job_, batch_.starts.back());
    Open& open = add(candidate, std::move(screened));
    tell_of_target(open);
    return open;
}

void TrialLedger::restore_open(const Candidate& candidate,
                               Screened screened,
                               std::int64_t attempt) {
    batch_.retries.push_back({.number = candidate.number, .attempt = attempt, .started = now()});
    if (!take_from_this_study(add(candidate, std::move(screened), attempt)))
        to_offer_.push_back(candidate.number);
}

void TrialLedger::restore_leased(const Candidate& candidate,
                                 Screened screened,
                                 std::int64_t attempt) {
    take_from_this_study(add(candidate, std::move(screened), attempt));
}

void TrialLedger::restore_result(const store::TrialRecord& record) {
    if (has_result(record) && record.reuse_key)
        index_.leader(*record.reuse_key, record.number);
}

TellOrder::Ended TrialLedger::restore_finished(const store::TrialRecord& record) {
    Trial trial = codec_.to_trial(record, job_);
    front_.restore(trial, record.weights);
    return {.trial = std::move(trial),
            .cost = record.cost,
            .reused = record.user_attributes.contains(kReused)};
}

void TrialLedger::retry(TrialNumber number) {
    Open& open = open_.at(number);
    open.pruned.reset();
    std::erase_if(batch_.reports,
                  [&](const store::TrialReport& report) { return report.number == number; });
    batch_.retries.push_back({.number = number, .attempt = ++open.attempt, .started = now()});
    to_offer_again_.push_back(number);
}

void TrialLedger::report(TrialNumber number, std::int64_t step, double value) {
    batch_.reports.push_back({.number = number, .step = step, .value = value});
}

void TrialLedger::prune(TrialNumber number, std::int64_t step, const std::string& reason) {
    std::optional<std::string>& pruned = open_.at(number).pruned;
    if (!pruned)
        pruned = fmt::format(R"({{"step":{},"reason":{}}})", step, json_text(reason));
}

void TrialLedger::finish(TrialNumber number,
                         Measurement measurement,
                         std::optional<std::string> weights) {
    settle_measured(open_.at(number),
                    std::move(measurement.metrics),
                    {.cost = measurement.cost},
                    std::move(weights));
}

void TrialLedger::fail(TrialNumber number, Failure failure) {
    settle_failed(open_.at(number), std::move(failure));
}

TrialLedger::Turn TrialLedger::end_turn() {
    Turn turn{.batch = std::exchange(batch_, {}), .settled = std::exchange(settled_, {})};
    for (const TrialNumber number : std::exchange(to_offer_, {}))
        turn.offers.push_back(offer_of(number));
    for (const TrialNumber number : std::exchange(to_offer_again_, {}))
        turn.again.push_back(offer_of(number));
    return turn;
}

TrialLedger::Offer TrialLedger::offer_of(TrialNumber number) const {
    const Open& open = open_.at(number);
    return {.candidate = open.candidate, .attempt = open.attempt};
}

TrialLedger::Open& TrialLedger::add(const Candidate& candidate,
                                    Screened screened,
                                    std::int64_t attempt) {
    const auto key =
        screened.failure ? std::nullopt : reuse_key(scope_, candidate, *screened.facts);
    Open open{
        .candidate = candidate, .screened = std::move(screened), .attempt = attempt, .key = key};
    return open_.emplace(candidate.number, std::move(open)).first->second;
}

bool TrialLedger::take_from_this_study(Open& open) {
    if (!open.key)
        return false;
    const auto leader = index_.leader(*open.key, open.candidate.number);
    if (!leader)
        return false;
    const auto in_batch = std::ranges::find(batch_.finishes, *leader, &store::TrialFinish::number);
    if (open_.contains(*leader))
        open.waits_for = leader;
    else if (in_batch != batch_.finishes.end())
        settle_reused(open, Metrics(in_batch->metrics), in_batch->weights, leader);
    else {
        store::TrialRecord record = store_.trial(study_, *leader);
        settle_reused(open, std::move(record.metrics), record.weights, leader);
    }
    return true;
}

bool TrialLedger::take_from_other_studies(Open& open) {
    if (!open.key)
        return false;
    const auto record = store_.find_result(*open.key);
    if (!record ||
        std::holds_alternative<Failure>(objective_values(job_.objectives, record->metrics)))
        return false;
    settle_reused(open, record->metrics, record->weights, std::nullopt);
    return true;
}

void TrialLedger::tell_of_target(const Open& open) {
    const std::optional<TargetFigures>& figures = open.screened.figures;
    if (!figures || !figures->predicted)
        return;
    Json body{{"number", open.candidate.number}};
    if (figures->refused) {
        body["reason"] = *figures->refused;
        batch_.events.push_back(
            {.time = now(), .kind = "measurement_refused", .body = dump_json(body)});
    } else if (figures->measured) {
        body["predicted_ms"] = figures->predicted->latency.count();
        body["measured_ms"] = figures->measured->latency.count();
        batch_.events.push_back(
            {.time = now(), .kind = "latency_measured", .body = dump_json(body)});
    }
}

// `from`: the trial of this study, if it is one.
void TrialLedger::settle_reused(Open& open,
                                Metrics metrics,
                                std::optional<ArtifactId> weights,
                                std::optional<TrialNumber> from) {
    // What the target's model says may have changed since.
    if (open.screened.figures)
        for (const auto& [name, value] : open.screened.metrics)
            metrics[name] = value;
    store::TrialFinish finish{.reused_from = from, .weights = weights};
    finish.user_attributes[kReused] = from ? fmt::format("{}", *from) : "\"another study\"";
    settle_measured(open, std::move(metrics), std::move(finish), std::nullopt);
}

void TrialLedger::settle_measured(Open& open,
                                  Metrics metrics,
                                  store::TrialFinish finish,
                                  std::optional<std::string> weights) {
    metrics.insert(open.screened.metrics.begin(), open.screened.metrics.end());
    auto values = objective_values(job_.objectives, metrics);
    finish.metrics = std::move(metrics);
    if (open.pruned) {
        finish.state = TrialState::pruned;
        finish.system_attributes[std::string(kPruned)] = *open.pruned;
    }
    if (auto* measured = std::get_if<std::vector<double>>(&values)) {
        finish.values = std::move(*measured);
        if (ends_at_rung(open.candidate))
            finish.state = TrialState::pruned;
    } else if (!open.pruned) {
        finish.state = TrialState::fail;
        finish.failure = std::get<Failure>(std::move(values));
    }
    settle(open, std::move(finish), std::move(weights));
}

void TrialLedger::settle_failed(Open& open, Failure failure) {
    settle(open,
           {.state = TrialState::fail,
            .metrics = open.screened.metrics,
            .failure = std::move(failure)},
           std::nullopt);
}

// Every trial ends here: into the batch, and off the open ones.
void TrialLedger::settle(Open& open,
                         store::TrialFinish finish,
                         std::optional<std::string> weights) {
    const Open done = std::move(open);
    const TrialNumber number = done.candidate.number;
    open_.erase(number);
    finish.number = number;
    // A store takes results of complete trials, and of pruned ones below fidelity 1.
    if (!done.pruned)
        finish.reuse_key = done.key;
    finish.architecture = done.screened.facts->architecture;
    finish.finished = now();
    note_result(job_, finish);
    TellOrder::Ended ended{.trial = {.number = number,
                                     .genotype = done.candidate.genotype,
                                     .stage = done.candidate.stage,
                                     .state = finish.state,
                                     .violation = violation(job_.limits, finish.metrics),
                                     .metrics = finish.metrics,
                                     .fidelity = done.candidate.fidelity},
                           .cost = finish.cost,
                           .reused = finish.user_attributes.contains(kReused)};
    const bool has_result =
        search::has_result(finish.state, done.candidate.fidelity, finish.system_attributes);
    if (has_result)
        ended.trial.objectives = minimised(job_.objectives, finish.values);
    batch_.events.push_back(
        {.time = finish.finished,
         .kind = "trial_finished",
         .body = fmt::format(R"({{"number":{},"state":"{}"}})", number, to_string(finish.state))});
    batch_.finishes.push_back(std::move(finish));
    front_.add(ended.trial, std::move(weights), batch_);
    if (has_result && ended.trial.state == TrialState::pruned)
        ended.trial.weights = batch_.finishes.back().weights;
    settled_.push_back({.candidate = done.candidate, .ended = std::move(ended)});
    if (done.key)
        answer_waiting(number, *done.key, has_result);
}

// `leader` was settled last. Those that wait for it take its result; if it has none,
// the first of them is evaluated and the others wait for that one.
void TrialLedger::answer_waiting(TrialNumber leader, const Digest& key, bool has_result) {
    std::vector<TrialNumber> waiting;
    for (const auto& [number, open] : open_)
        if (open.waits_for == leader)
            waiting.push_back(number);
    const store::TrialFinish result = batch_.finishes.back();
    if (!has_result)
        index_.failed(key, leader);
    for (const TrialNumber number : waiting) {
        Open& open = open_.at(number);
        if (has_result) {
            settle_reused(open, result.metrics, result.weights, leader);
            continue;
        }
        open.waits_for = index_.leader(key, number);
        if (!open.waits_for)
            to_offer_.push_back(number);
    }
}

}  // namespace parnas::search
