// SPDX-License-Identifier: Apache-2.0
#include "search/front_keeper.h"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "search/trial_codec.h"

namespace parnas::search {

bool may_enter_front(const Trial& trial) {
    return trial.state == TrialState::complete && trial.fidelity >= 1.0 && trial.violation <= 0.0;
}

ParetoArchive archive_of(const JobSpec& job, std::span<const store::TrialRecord> trials) {
    ParetoArchive archive;
    for (const store::TrialRecord& record : trials) {
        if (record.values.size() != job.objectives.size())
            continue;
        const Trial trial = result_of(record, job);
        if (may_enter_front(trial))
            archive.insert(trial.number, trial.objectives);
    }
    return archive;
}

void write_front(const JobSpec& job,
                 const ParetoArchive& archive,
                 store::Batch& batch,
                 const FrontFigures& by) {
    batch.front.emplace();
    for (const auto& [number, point] : archive.members())
        batch.front->push_back(number);
    if (job.hypervolume_reference)
        batch.hypervolume =
            hypervolume(archive.points(), minimised(job.objectives, *job.hypervolume_reference));
    Json body{{"front", *batch.front}};
    if (by.reason)
        body["reason"] = *by.reason;
    if (!by.figures.empty())
        body["figures"] = to_json(by.figures);
    batch.events.push_back(
        {.time = now(), .kind = std::string(kFrontChanged), .body = dump_json(body)});
}

void FrontKeeper::restore(const Trial& trial, const std::optional<ArtifactId>& weights) {
    const ParetoArchive::Change change = insert(trial);
    for (const TrialNumber left : change.left)
        droppable_.erase(left);
    if (weights && change.entered && trial.stage == Stage::search)
        droppable_.insert(trial.number);
    changed_ = false;
}

void FrontKeeper::restore_stored(std::span<const TrialNumber> front) {
    const auto& members = archive_.members();
    changed_ =
        !std::ranges::equal(front, members, {}, {}, [](const auto& each) { return each.first; });
}

void FrontKeeper::add(const Trial& trial, std::optional<std::string> weights, store::Batch& batch) {
    const ParetoArchive::Change change = insert(trial);
    const bool finalist = trial.stage == Stage::finalist;
    const bool at_rung = trial.state == TrialState::pruned && !trial.objectives.empty();
    const bool wanted =
        job_.keep_weights == KeepWeights::all ||
        (job_.keep_weights == KeepWeights::front && (change.entered || finalist || at_rung));
    store::TrialFinish& finish = batch.finishes.back();
    if (!wanted)
        finish.weights.reset();
    else if (weights)
        keep(*std::move(weights), batch);
    if (finish.weights && !finalist)
        droppable_.insert(trial.number);
    if (job_.keep_weights == KeepWeights::front)
        for (const TrialNumber left : change.left)
            drop(left, batch);
}

void FrontKeeper::restore_front(ParetoArchive archive, Reestimates figures) {
    archive_ = std::move(archive);
    figures_ = std::move(figures);
    changed_ = false;
}

void FrontKeeper::rerank(const ParetoArchive& archive, Reestimates figures) {
    if (archive.members() == archive_.members() && figures == figures_)
        return;
    archive_ = archive;
    figures_ = std::move(figures);
    changed_ = reestimated_ = true;
}

void FrontKeeper::write_change(store::Batch& batch) {
    if (std::exchange(changed_, false))
        write_front(
            job_,
            archive_,
            batch,
            {.reason = std::exchange(reestimated_, false) ? std::optional<std::string>(kReestimated)
                                                          : std::nullopt,
             .figures = figures_});
}

ParetoArchive::Change FrontKeeper::insert(const Trial& trial) {
    if (!may_enter_front(trial))
        return {};
    ParetoArchive::Change change = archive_.insert(trial.number, trial.objectives);
    changed_ = changed_ || change.entered;
    return change;
}

void FrontKeeper::keep(std::string weights, store::Batch& batch) {
    const ArtifactId id = hash_bytes(weights);
    batch.finishes.back().weights = id;
    batch.artifacts.push_back({.id = id, .kind = "weights", .bytes = std::move(weights)});
}

void FrontKeeper::drop(TrialNumber number, store::Batch& batch) {
    if (droppable_.erase(number) > 0)
        batch.dropped_weights.push_back(number);
}

}  // namespace parnas::search
