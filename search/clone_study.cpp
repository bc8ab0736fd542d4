// SPDX-License-Identifier: Apache-2.0
#include "search/clone_study.h"

#include <algorithm>
#include <limits>
#include <map>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/json.h"
#include "search/front_keeper.h"
#include "search/reestimates.h"
#include "search/run_study.h"

namespace parnas::search {
namespace {

constexpr const char* kParentTrials = "parents";  // user attributes that name trials
constexpr const char* kReusedFrom = "reused_from";

using NewNumbers = std::map<TrialNumber, TrialNumber>;  // by old number

// The trials mean the same in both studies.
void check_same(const JobSpec& job, const store::StudyRecord& from) {
    Faults faults;
    const Json json = parse_json(from.spec.job, from.spec.name);
    const JobSpec other = read_job(json, "/", std::numeric_limits<int>::max(), faults);
    faults.throw_if_any(ErrorKind::damaged);
    const auto compare = [&](bool same, const char* pointer) {
        if (!same)
            faults.add(pointer,
                       "differs from that of the trials that are to be copied: clone without "
                       "trials, and use warm_start");
    };
    compare(job.space == other.space, "/space");
    compare(job.objectives == other.objectives, "/objectives");
    compare(job.evaluator == other.evaluator, "/evaluator");
    compare(job.target == other.target, "/target");
    faults.throw_if_any();
}

std::vector<store::TrialRecord> trials_to_copy(const store::Store& store,
                                               const store::StudyRecord& from,
                                               const JobSpec& job,
                                               CloneTrials which) {
    if (which == CloneTrials::none)
        return {};
    std::vector<store::TrialRecord> trials = store.trials(from.id);
    if (which == CloneTrials::front) {
        const ParetoArchive front = archive_of(job, current_trials(store, from.id));
        std::erase_if(
            trials, [&](const store::TrialRecord& trial) { return !front.contains(trial.number); });
    }
    return trials;
}

Json origin(const store::StudyRecord& from) {
    return {{"study", from.spec.name}};
}

store::TrialStart start_of(const store::TrialRecord& trial, const store::StudyRecord& from) {
    store::TrialStart start{.number = trial.number,
                            .params = trial.params,
                            .genotype = trial.genotype,
                            .stage = trial.stage,
                            .fidelity = trial.fidelity,
                            .seed = trial.seed,
                            .attempt = trial.attempt,
                            .warm_start = trial.warm_start,
                            .user_attributes = trial.user_attributes,
                            .system_attributes = trial.system_attributes,
                            .started = trial.started.value_or(from.created)};
    Json source = origin(from);
    source["trial"] = trial.number;
    start.system_attributes[kClonedFrom] = dump_json(source);
    return start;
}

store::TrialFinish finish_of(const store::TrialRecord& trial, const store::TrialStart& start) {
    store::TrialFinish finish{.number = trial.number,
                              .state = trial.state,
                              .values = trial.values,
                              .metrics = trial.metrics,
                              .failure = trial.failure,
                              .cost = trial.cost,
                              .reuse_key = trial.reuse_key,
                              .reused_from = trial.reused_from,
                              .architecture = trial.architecture,
                              .weights = trial.weights,
                              .finished = trial.finished.value_or(start.started)};
    // Another program's failed trial says no reason.
    if (trial.state == TrialState::fail && !finish.failure)
        finish.failure = Failure{.kind = FailureKind::crashed, .reason = "not told"};
    return finish;
}

// Other numbers: what names trials of the other study by theirs would name wrong ones.
void renumber(store::TrialStart& start, store::TrialFinish& finish, const NewNumbers& numbers) {
    start.number = finish.number = numbers.at(start.number);
    start.user_attributes.erase(kParentTrials);
    if (!finish.reused_from)
        return;
    const auto found = numbers.find(*finish.reused_from);
    finish.reused_from = found == numbers.end() ? std::nullopt : std::optional(found->second);
    start.user_attributes[kReusedFrom] =
        finish.reused_from ? fmt::format("{}", *finish.reused_from) : "\"another study\"";
}

void copy_trials(const std::vector<store::TrialRecord>& trials,
                 const store::StudyRecord& from,
                 store::Batch& batch) {
    NewNumbers numbers;
    for (const store::TrialRecord& trial : trials)
        numbers.emplace(trial.number, static_cast<TrialNumber>(numbers.size()));
    const bool renumbered =
        std::ranges::any_of(numbers, [](const auto& each) { return each.first != each.second; });
    for (const store::TrialRecord& trial : trials) {
        store::TrialStart start = start_of(trial, from);
        store::TrialFinish finish = finish_of(trial, start);
        if (renumbered)
            renumber(start, finish, numbers);
        for (const auto& [step, value] : trial.reports)
            batch.reports.push_back({.number = start.number, .step = step, .value = value});
        if (is_finished(trial.state))
            batch.finishes.push_back(std::move(finish));
        batch.starts.push_back(std::move(start));
    }
}

ParetoArchive renumbered_front(const JobSpec& job, std::vector<store::TrialRecord> trials) {
    for (std::size_t i = 0; i < trials.size(); ++i)
        trials[i].number = static_cast<TrialNumber>(i);
    return archive_of(job, trials);
}

}  // namespace

StudyId clone_study(store::Store& store,
                    const store::StudyRecord& from,
                    JobSpec job,
                    CloneTrials which) {
    if (which != CloneTrials::none)
        check_same(job, from);
    if (which == CloneTrials::front)
        job.initial.clear();
    store::Batch batch;
    // Before the trials: what a phase came after is among those.
    if (which == CloneTrials::all)
        batch.phases = store.phases(from.id);
    const std::vector<store::TrialRecord> trials = trials_to_copy(store, from, job, which);
    copy_trials(trials, from, batch);
    if (const ParetoArchive front = renumbered_front(job, trials); !front.members().empty())
        write_front(job, front, batch);
    Json source = origin(from);
    source["trials"] = trials.size();
    batch.attributes.push_back(
        {.kind = store::AttributeKind::system, .key = kClonedFrom, .value = dump_json(source)});
    batch.events.push_back({.time = now(), .kind = "cloned", .body = dump_json(source)});
    batch.state = store::StudyState::stopped;
    batch.state_reason = fmt::format("a clone of '{}'", from.spec.name);
    if (!trials.empty())
        batch.state_reason += fmt::format(" with {} of its trials", trials.size());
    return store.create_study(study_spec(job), batch);
}

}  // namespace parnas::search
