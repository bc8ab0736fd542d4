// SPDX-License-Identifier: Apache-2.0
#include "store/memory/studies.h"

#include <algorithm>
#include <utility>

#include "store/rules.h"
#include "store/service_rules.h"

namespace parnas::store::memory {
namespace {

void check_claim(const Study& study, const Driver& driver) {
    if (!study.claim || study.epoch != driver.epoch)
        throw lost_driver(driver);
}

}  // namespace

const Study& Studies::create(const StudySpec& spec, const Batch& first) {
    check_study(spec);
    check_batch(first, spec.directions.size());
    if (find_by_name(spec.name) != nullptr)
        throw taken_name(spec.name);
    const auto id = static_cast<StudyId>(last_study_id_ + 1);
    Study study;
    study.record = {.id = id, .spec = spec, .created = now()};
    study.attributes.system.emplace(kMetricNamesKey, metric_names_text(spec.metrics));
    check_against(study, first);
    Batch begin = first;
    for (TrialFinish& finish : begin.finishes)
        if (finish.weights && !has_artifact(*finish.weights, begin))
            finish.weights.reset();
    for (PhaseRecord& phase : begin.phases)
        phase.kept = phase.kept && has_artifact(*phase.checkpoint, begin);
    ++last_study_id_;
    Study& created = studies_.emplace(id, std::move(study)).first->second;
    apply(created, begin);
    return created;
}

void Studies::adopt(StudyId id, const StudySpec& spec) {
    Study& study = find(id);
    check_adoption(study.record, spec);
    study.record.spec = spec;
    study.attributes.system.insert_or_assign(std::string(kMetricNamesKey),
                                             metric_names_text(spec.metrics));
}

const Study& Studies::find(StudyId id) const {
    const auto found = studies_.find(id);
    if (found == studies_.end())
        throw unknown_study(id);
    return found->second;
}

Study& Studies::find(StudyId id) {
    const auto found = studies_.find(id);
    if (found == studies_.end())
        throw unknown_study(id);
    return found->second;
}

const Study& Studies::find(std::string_view name) const {
    const Study* study = find_by_name(name);
    if (study == nullptr)
        throw unknown_study(name);
    return *study;
}

std::vector<std::string> Studies::erase(StudyId id) {
    const Study& study = find(id);
    for (const TrialRecord& trial : study.trials) {
        release(trial.weights);
        release(trial.warm_start);
    }
    for (const PhaseRecord& phase : study.phases)
        if (phase.kept)
            release(phase.checkpoint);
    for (auto& [key, trials] : results_)
        std::erase_if(trials, [&](const auto& each) { return std::get<StudyId>(each) == id; });
    std::erase_if(results_, [](const auto& entry) { return entry.second.empty(); });
    std::erase_if(events_, [&](const auto& entry) { return entry.second == id; });
    std::vector<std::string> leases;
    for (const auto& [lease, key] : leases_)
        if (key.study == id)
            leases.push_back(lease);
    for (const std::string& lease : leases)
        leases_.erase(lease);
    studies_.erase(id);
    return leases;
}

void Studies::extend(const Driver& driver) {
    Study& study = find(driver.study);
    check_claim(study, driver);
    study.claim->expires = expiry(now(), study.claim->ttl);
}

void Studies::commit(const Batch& batch) {
    Study& study = find(batch.driver.study);
    check_batch(batch, study.record.spec.directions.size());
    check_claim(study, batch.driver);
    check_against(study, batch);
    extend(batch.driver);
    apply(study, batch);
}

void Studies::check_grants(const Study& study, std::span<const AttemptStart> attempts) const {
    std::set<std::string_view> leases;
    std::set<TrialNumber> given;
    for (const AttemptStart& start : attempts) {
        if (start.number < 0 || start.number >= static_cast<TrialNumber>(study.trials.size()))
            throw no_such_trial_to_change(start.number);
        const TrialRecord& trial = study.trials[static_cast<std::size_t>(start.number)];
        check_unfinished(start.number, trial.state);
        check_attempt(start, trial.attempt);
        study.attempts.check_grant(start);
        if (!given.insert(start.number).second)
            throw granted_before(start);
        if (leases_.contains(start.lease) || !leases.insert(start.lease).second)
            throw taken_lease(start.lease);
    }
}

void Studies::grant(Study& study, std::span<const AttemptStart> attempts) {
    const StudyId id = study.record.id;
    for (const AttemptStart& start : attempts) {
        study.attempts.grant(id, start);
        leases_.emplace(start.lease, AttemptKey{id, start.number, start.attempt});
    }
}

const AttemptRecord& Studies::lease(std::string_view id) const {
    const auto found = leases_.find(id);
    if (found == leases_.end())
        throw unknown_lease(id);
    const AttemptKey& key = found->second;
    return find(key.study).attempts.at(key.number, key.attempt);
}

std::optional<TrialRecord> Studies::result(const Digest& reuse_key) const {
    const auto results = results_.find(reuse_key);
    if (results == results_.end())
        return std::nullopt;
    const auto& [finished, id, number] = *results->second.begin();
    return find(id).trials[static_cast<std::size_t>(number)];
}

const std::string& Studies::artifact(const ArtifactId& id) const {
    const auto found = artifacts_.find(id);
    if (found == artifacts_.end())
        throw unknown_artifact(id);
    return found->second.bytes;
}

std::vector<StudyEvent> Studies::events_after(std::int64_t seq, std::int64_t limit) const {
    std::vector<StudyEvent> found;
    for (auto at = events_.upper_bound(seq);
         at != events_.end() && static_cast<std::int64_t>(found.size()) < limit;
         ++at) {
        const auto& [event_seq, id] = *at;
        found.push_back(
            {.study = id,
             .event = *std::ranges::lower_bound(find(id).events, event_seq, {}, &Event::seq)});
    }
    return found;
}

const Study* Studies::find_by_name(std::string_view name) const {
    const auto found = std::ranges::find_if(
        studies_, [&](const auto& entry) { return entry.second.record.spec.name == name; });
    return found == studies_.end() ? nullptr : &found->second;
}

void Studies::apply(Study& study, const Batch& batch) {
    const auto at = [&](TrialNumber number) -> TrialRecord& {
        return study.trials[static_cast<std::size_t>(number)];
    };
    for (const Artifact& artifact : batch.artifacts)
        artifacts_.emplace(artifact.id, artifact);
    for (const AttemptEnd& end : batch.attempt_ends)
        study.attempts.end(end);
    for (const TrialStart& start : batch.starts) {
        study.trials.push_back(started(start, ++last_trial_id_));
        hold(start.warm_start);
    }
    for (const TrialRetry& retry : batch.retries) {
        at(retry.number).attempt = retry.attempt;
        at(retry.number).started = retry.started;
        at(retry.number).reports.clear();
        study.attempts.supersede(retry.number, retry.started);
    }
    for (const AttributeChange& change : batch.attributes)
        set_attribute(study, change);
    for (const TrialReport& report : batch.reports)
        at(report.number).reports.insert_or_assign(report.step, report.value);
    for (const TrialFinish& trial : batch.finishes)
        finish(study, trial);
    for (const PhaseRecord& phase : batch.phases) {
        study.phases.push_back(phase);
        if (phase.kept)
            hold(phase.checkpoint);
    }
    for (const TrialNumber number : batch.dropped_weights)
        release(std::exchange(at(number).weights, std::nullopt));
    for (const std::int64_t index : batch.dropped_checkpoints) {
        PhaseRecord& phase = study.phases[static_cast<std::size_t>(index)];
        if (std::exchange(phase.kept, false))
            release(phase.checkpoint);
    }
    if (batch.front)
        study.fronts.push_back(next_front(study, batch));
    for (Event event : batch.events) {
        event.seq = ++last_seq_;
        events_.emplace(event.seq, study.record.id);
        study.events.push_back(std::move(event));
    }
    if (batch.state) {
        study.record.state = *batch.state;
        study.record.state_reason = batch.state_reason;
    }
}

void Studies::finish(Study& study, const TrialFinish& finish) {
    TrialRecord& trial = study.trials[static_cast<std::size_t>(finish.number)];
    finish_trial(trial, finish);
    study.attempts.supersede(finish.number, finish.finished);
    hold(finish.weights);
    const bool at_rung = finish.state == TrialState::pruned && trial.fidelity < 1.0;
    if (finish.reuse_key && (finish.state == TrialState::complete || at_rung))
        results_[*finish.reuse_key].emplace(finish.finished, study.record.id, finish.number);
}

bool Studies::has_artifact(const ArtifactId& id, const Batch& batch) const {
    return artifacts_.contains(id) ||
           std::ranges::find(batch.artifacts, id, &Artifact::id) != batch.artifacts.end();
}

void Studies::hold(const std::optional<ArtifactId>& id) {
    if (id)
        ++holders_[*id];
}

void Studies::release(const std::optional<ArtifactId>& id) {
    if (id && --holders_[*id] == 0) {
        holders_.erase(*id);
        artifacts_.erase(*id);
    }
}

}  // namespace parnas::store::memory
