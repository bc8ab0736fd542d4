// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <deque>
#include <set>
#include <tuple>
#include <utility>

#include "core/mutex.h"
#include "store/rules.h"
#include "store/store.h"

namespace parnas::store {
namespace {

struct Study {
    StudyRecord record;
    StudyAttributes attributes;
    std::deque<TrialRecord> trials;
    std::vector<PhaseRecord> phases;
    std::vector<FrontChange> fronts;
    std::vector<Event> events;
    std::int64_t epoch = 0;
    std::optional<Claim> claim;
};

Attributes& of_kind(StudyAttributes& attributes, AttributeKind kind) {
    return kind == AttributeKind::user ? attributes.user : attributes.system;
}

std::string_view present_value(const Study& study, const AttributeChange& change) {
    const Attributes& attributes =
        change.kind == AttributeKind::user ? study.attributes.user : study.attributes.system;
    const auto found = attributes.find(change.key);
    return found == attributes.end() ? std::string_view() : std::string_view(found->second);
}

// `next`: the number of the first trial that there is not, nor in the batch of the change.
void check_attribute(const Study& study, const AttributeChange& change, TrialNumber next) {
    if (!change.trial)
        return check_expected(change, present_value(study, change));
    if (*change.trial < 0 || *change.trial >= next)
        throw unknown_trial(*change.trial);
    if (*change.trial < static_cast<TrialNumber>(study.trials.size()))
        check_unfinished(*change.trial,
                         study.trials[static_cast<std::size_t>(*change.trial)].state);
}

void set_attribute(Study& study, const AttributeChange& change) {
    Attributes* attributes = &of_kind(study.attributes, change.kind);
    if (change.trial) {
        TrialRecord& trial = study.trials[static_cast<std::size_t>(*change.trial)];
        attributes =
            change.kind == AttributeKind::user ? &trial.user_attributes : &trial.system_attributes;
    }
    attributes->insert_or_assign(change.key, change.value);
}

// Everything that can be wrong with a batch, before anything of it is written.
void check_against(const Study& study, const Batch& batch) {
    const auto old_count = static_cast<TrialNumber>(study.trials.size());
    TrialNumber next = old_count;
    for (const TrialStart& start : batch.starts)
        check_next(start.number, next++);

    const auto check_open = [&](TrialNumber number) {
        if (number < 0 || number >= next)
            throw no_such_trial_to_change(number);
        if (number < old_count)
            check_unfinished(number, study.trials[static_cast<std::size_t>(number)].state);
    };
    for (const TrialRetry& retry : batch.retries)
        check_open(retry.number);
    for (const TrialReport& report : batch.reports)
        check_open(report.number);
    for (const AttributeChange& change : batch.attributes)
        check_attribute(study, change, next);
    std::map<TrialNumber, TrialState> finished;
    for (const TrialFinish& finish : batch.finishes) {
        check_open(finish.number);
        const auto [before, first] = finished.emplace(finish.number, finish.state);
        if (!first)
            check_unfinished(finish.number, before->second);
    }
    auto next_phase = static_cast<std::int64_t>(study.phases.size());
    for (const PhaseRecord& phase : batch.phases)
        check_next_phase(phase.index, next_phase++);
    for (const std::int64_t index : batch.dropped_checkpoints)
        if (index < 0 || index >= next_phase)
            throw no_such_phase(index);
}

TrialRecord started(const TrialStart& start, std::int64_t id) {
    TrialRecord trial;
    trial.id = id;
    trial.number = start.number;
    trial.params = start.params;
    trial.genotype = start.genotype;
    trial.stage = start.stage;
    trial.fidelity = start.fidelity;
    trial.seed = start.seed;
    trial.attempt = start.attempt;
    trial.warm_start = start.warm_start;
    trial.user_attributes = start.user_attributes;
    trial.system_attributes = start.system_attributes;
    trial.started = start.started;
    return trial;
}

void merge(Attributes& attributes, const Attributes& added) {
    for (const auto& [key, value] : added)
        attributes.insert_or_assign(key, value);
}

void finish_trial(TrialRecord& trial, const TrialFinish& finish) {
    trial.state = finish.state;
    trial.values = finish.values;
    trial.metrics = finish.metrics;
    trial.failure = finish.failure;
    trial.cost = finish.cost;
    trial.reuse_key = finish.reuse_key;
    trial.reused_from = finish.reused_from;
    trial.architecture = finish.architecture;
    trial.weights = finish.weights;
    merge(trial.user_attributes, finish.user_attributes);
    merge(trial.system_attributes, finish.system_attributes);
    trial.finished = finish.finished;
}

FrontChange next_front(const Study& study, const Batch& batch) {
    FrontChange change{.version = static_cast<std::int64_t>(study.fronts.size()) + 1,
                       .time = now(),
                       .members = *batch.front,
                       .hypervolume = batch.hypervolume};
    std::ranges::sort(change.members);
    return change;
}

class MemoryStore final : public Store {
  public:
    StudyId create_study(const StudySpec& spec, const Batch& first) override {
        check_study(spec);
        check_batch(first, spec.directions.size());
        const MutexLock lock(mutex_);
        if (find_by_name(spec.name) != nullptr)
            throw taken_name(spec.name);
        const auto id = static_cast<StudyId>(studies_.size() + 1);
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
        apply(studies_.emplace(id, std::move(study)).first->second, begin);
        return id;
    }

    std::vector<StudyRecord> studies() const override {
        const MutexLock lock(mutex_);
        std::vector<StudyRecord> records;
        for (const auto& [id, study] : studies_)
            records.push_back(record_of(study));
        return records;
    }

    StudyRecord study(StudyId id) const override {
        const MutexLock lock(mutex_);
        return record_of(find(id));
    }

    StudyRecord find_study(std::string_view name) const override {
        const MutexLock lock(mutex_);
        const Study* study = find_by_name(name);
        if (study == nullptr)
            throw unknown_study(name);
        return record_of(*study);
    }

    Driver acquire_study(StudyId id, const Holder& holder, Seconds ttl) override {
        const MutexLock lock(mutex_);
        Study& study = find(id);
        const TimePoint time = now();
        if (study.claim && !may_take(*study.claim, holder, time))
            throw held_by_another(study.record.spec.name, *study.claim);
        study.claim = Claim{.holder = holder, .ttl = ttl, .expires = expiry(time, ttl)};
        return {.study = id, .epoch = ++study.epoch};
    }

    void renew(const Driver& driver) override {
        const MutexLock lock(mutex_);
        extend(driver);
    }

    void release(const Driver& driver) override {
        const MutexLock lock(mutex_);
        Study& study = find(driver.study);
        if (study.epoch == driver.epoch)
            study.claim.reset();
    }

    std::optional<Holder> holder(StudyId id) const override {
        const MutexLock lock(mutex_);
        const std::optional<Claim>& claim = find(id).claim;
        return claim && is_held(*claim, now()) ? std::optional(claim->holder) : std::nullopt;
    }

    void commit(const Batch& batch) override {
        const MutexLock lock(mutex_);
        Study& study = find(batch.driver.study);
        check_batch(batch, study.record.spec.directions.size());
        check_claim(study, batch.driver);
        check_against(study, batch);
        extend(batch.driver);
        apply(study, batch);
    }

    void set_attributes(StudyId id, std::span<const AttributeChange> changes) override {
        check_attributes(changes);
        const MutexLock lock(mutex_);
        Study& study = find(id);
        for (const AttributeChange& change : changes)
            check_attribute(study, change, static_cast<TrialNumber>(study.trials.size()));
        for (const AttributeChange& change : changes)
            set_attribute(study, change);
    }

    StudyAttributes attributes(StudyId id) const override {
        const MutexLock lock(mutex_);
        return find(id).attributes;
    }

    std::vector<TrialRecord> trials(StudyId id,
                                    TrialNumber first,
                                    std::int64_t limit) const override {
        const MutexLock lock(mutex_);
        const auto& all = find(id).trials;
        const auto count = static_cast<std::int64_t>(all.size());
        const std::int64_t begin = std::clamp<std::int64_t>(first, 0, count);
        const std::int64_t end = begin + std::clamp<std::int64_t>(limit, 0, count - begin);
        return {all.begin() + begin, all.begin() + end};
    }

    TrialRecord trial(StudyId id, TrialNumber number) const override {
        const MutexLock lock(mutex_);
        const auto& all = find(id).trials;
        if (number < 0 || number >= static_cast<TrialNumber>(all.size()))
            throw unknown_trial(number);
        return all[static_cast<std::size_t>(number)];
    }

    std::vector<PhaseRecord> phases(StudyId id) const override {
        const MutexLock lock(mutex_);
        return find(id).phases;
    }

    std::vector<FrontChange> front_history(StudyId id) const override {
        const MutexLock lock(mutex_);
        return find(id).fronts;
    }

    std::vector<TrialNumber> front(StudyId id) const override {
        const MutexLock lock(mutex_);
        const auto& fronts = find(id).fronts;
        return fronts.empty() ? std::vector<TrialNumber>{} : fronts.back().members;
    }

    std::optional<TrialRecord> find_result(const Digest& reuse_key) const override {
        const MutexLock lock(mutex_);
        const auto results = results_.find(reuse_key);
        if (results == results_.end())
            return std::nullopt;
        const auto& [finished, id, number] = *results->second.begin();
        return find(id).trials[static_cast<std::size_t>(number)];
    }

    std::vector<Event> events(StudyId id, std::int64_t after_seq) const override {
        const MutexLock lock(mutex_);
        const auto& all = find(id).events;
        const auto begin = std::ranges::upper_bound(all, after_seq, {}, &Event::seq);
        return {begin, all.end()};
    }

    std::string artifact(const ArtifactId& id) const override {
        const MutexLock lock(mutex_);
        const auto found = artifacts_.find(id);
        if (found == artifacts_.end())
            throw unknown_artifact(id);
        return found->second.bytes;
    }

  private:
    static StudyRecord record_of(const Study& study) {
        StudyRecord record = study.record;
        record.trials = static_cast<std::int64_t>(study.trials.size());
        record.phases = static_cast<std::int64_t>(study.phases.size());
        return record;
    }

    static void check_claim(const Study& study, const Driver& driver) {
        if (!study.claim || study.epoch != driver.epoch)
            throw lost_driver(driver);
    }

    const Study& find(StudyId id) const PARNAS_REQUIRES(mutex_) {
        const auto found = studies_.find(id);
        if (found == studies_.end())
            throw unknown_study(id);
        return found->second;
    }

    Study& find(StudyId id) PARNAS_REQUIRES(mutex_) {
        const auto found = studies_.find(id);
        if (found == studies_.end())
            throw unknown_study(id);
        return found->second;
    }

    const Study* find_by_name(std::string_view name) const PARNAS_REQUIRES(mutex_) {
        const auto found = std::ranges::find_if(
            studies_, [&](const auto& entry) { return entry.second.record.spec.name == name; });
        return found == studies_.end() ? nullptr : &found->second;
    }

    void extend(const Driver& driver) PARNAS_REQUIRES(mutex_) {
        Study& study = find(driver.study);
        check_claim(study, driver);
        study.claim->expires = expiry(now(), study.claim->ttl);
    }

    void apply(Study& study, const Batch& batch) PARNAS_REQUIRES(mutex_) {
        const auto at = [&](TrialNumber number) -> TrialRecord& {
            return study.trials[static_cast<std::size_t>(number)];
        };
        for (const Artifact& artifact : batch.artifacts)
            artifacts_.emplace(artifact.id, artifact);
        for (const TrialStart& start : batch.starts) {
            study.trials.push_back(started(start, ++last_trial_id_));
            hold(start.warm_start);
        }
        for (const TrialRetry& retry : batch.retries) {
            at(retry.number).attempt = retry.attempt;
            at(retry.number).started = retry.started;
            at(retry.number).reports.clear();
        }
        for (const AttributeChange& change : batch.attributes)
            set_attribute(study, change);
        for (const TrialReport& report : batch.reports)
            at(report.number).reports.insert_or_assign(report.step, report.value);
        for (const TrialFinish& finish : batch.finishes) {
            TrialRecord& trial = at(finish.number);
            finish_trial(trial, finish);
            hold(finish.weights);
            const bool at_rung = finish.state == TrialState::pruned && trial.fidelity < 1.0;
            if (finish.reuse_key && (finish.state == TrialState::complete || at_rung))
                results_[*finish.reuse_key].emplace(
                    finish.finished, study.record.id, finish.number);
        }
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
            study.events.push_back(std::move(event));
        }
        if (batch.state) {
            study.record.state = *batch.state;
            study.record.state_reason = batch.state_reason;
        }
    }

    bool has_artifact(const ArtifactId& id, const Batch& batch) const PARNAS_REQUIRES(mutex_) {
        return artifacts_.contains(id) ||
               std::ranges::find(batch.artifacts, id, &Artifact::id) != batch.artifacts.end();
    }

    void hold(const std::optional<ArtifactId>& id) PARNAS_REQUIRES(mutex_) {
        if (id)
            ++holders_[*id];
    }

    void release(const std::optional<ArtifactId>& id) PARNAS_REQUIRES(mutex_) {
        if (id && --holders_[*id] == 0) {
            holders_.erase(*id);
            artifacts_.erase(*id);
        }
    }

    mutable Mutex mutex_;
    std::map<StudyId, Study> studies_ PARNAS_GUARDED_BY(mutex_);
    std::map<ArtifactId, Artifact> artifacts_ PARNAS_GUARDED_BY(mutex_);
    // How many trials have it as their weights or warm start, and phases keep it.
    std::map<ArtifactId, std::int64_t> holders_ PARNAS_GUARDED_BY(mutex_);
    // By key, the trials with such a result, the one that finished first in front.
    std::map<Digest, std::set<std::tuple<TimePoint, StudyId, TrialNumber>>> results_
        PARNAS_GUARDED_BY(mutex_);
    std::int64_t last_seq_ PARNAS_GUARDED_BY(mutex_) = 0;
    std::int64_t last_trial_id_ PARNAS_GUARDED_BY(mutex_) = 0;
};

}  // namespace

std::unique_ptr<Store> make_memory_store() {
    return std::make_unique<MemoryStore>();
}

}  // namespace parnas::store
