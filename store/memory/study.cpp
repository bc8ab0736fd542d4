// SPDX-License-Identifier: Apache-2.0
#include "store/memory/study.h"

#include <algorithm>

#include "store/rules.h"

namespace parnas::store::memory {
namespace {

Attributes& of_kind(StudyAttributes& attributes, AttributeKind kind) {
    return kind == AttributeKind::user ? attributes.user : attributes.system;
}

std::string_view present_value(const Study& study, const AttributeChange& change) {
    const Attributes& attributes =
        change.kind == AttributeKind::user ? study.attributes.user : study.attributes.system;
    const auto found = attributes.find(change.key);
    return found == attributes.end() ? std::string_view() : std::string_view(found->second);
}

void merge(Attributes& attributes, const Attributes& added) {
    for (const auto& [key, value] : added)
        attributes.insert_or_assign(key, value);
}

}  // namespace

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

void check_against(const Study& study, const Batch& batch) {
    const auto old_count = static_cast<TrialNumber>(study.trials.size());
    TrialNumber next = old_count;
    for (const TrialStart& start : batch.starts)
        check_next(start.number, next++);

    study.attempts.check_ends(batch.attempt_ends);
    const auto check_changeable = [&](TrialNumber number) {
        if (number < 0 || number >= next)
            throw no_such_trial_to_change(number);
        if (number < old_count)
            check_unfinished(number, study.trials[static_cast<std::size_t>(number)].state);
    };
    for (const TrialRetry& retry : batch.retries)
        check_changeable(retry.number);
    for (const TrialReport& report : batch.reports)
        check_changeable(report.number);
    for (const AttributeChange& change : batch.attributes)
        check_attribute(study, change, next);
    std::map<TrialNumber, TrialState> finished;
    for (const TrialFinish& finish : batch.finishes) {
        check_changeable(finish.number);
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

}  // namespace parnas::store::memory
