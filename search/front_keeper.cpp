// SPDX-License-Identifier: Apache-2.0
#include "search/front_keeper.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace parnas::search {

bool may_enter_front(const Trial& trial, double fidelity) {
    return trial.state == TrialState::complete && fidelity >= 1.0 && trial.violation <= 0.0;
}

void FrontKeeper::restore(const Trial& trial,
                          double fidelity,
                          const std::optional<ArtifactId>& weights) {
    const ParetoArchive::Change change = insert(trial, fidelity);
    for (const TrialNumber left : change.left)
        weights_.erase(left);
    if (weights && change.entered)
        weights_[trial.number] = *weights;
    changed_ = false;
}

void FrontKeeper::add(const Trial& trial,
                      double fidelity,
                      std::optional<std::string> weights,
                      store::Batch& batch) {
    const ParetoArchive::Change change = insert(trial, fidelity);
    const bool wanted = job_.keep_weights == KeepWeights::all ||
                        (job_.keep_weights == KeepWeights::front && change.entered);
    if (weights && wanted)
        keep(trial.number, *std::move(weights), batch);
    if (job_.keep_weights == KeepWeights::front)
        for (const TrialNumber left : change.left)
            drop(left, batch);
}

void FrontKeeper::write_change(store::Batch& batch) {
    if (!std::exchange(changed_, false))
        return;
    batch.front.emplace();
    for (const auto& [number, point] : archive_.members())
        batch.front->push_back(number);
    if (job_.hypervolume_reference)
        batch.hypervolume =
            hypervolume(archive_.points(), minimised(job_.objectives, *job_.hypervolume_reference));
    batch.events.push_back(
        {.time = now(),
         .kind = "front_changed",
         .body = fmt::format("{{\"front\":[{}]}}", fmt::join(*batch.front, ","))});
}

ParetoArchive::Change FrontKeeper::insert(const Trial& trial, double fidelity) {
    if (!may_enter_front(trial, fidelity))
        return {};
    ParetoArchive::Change change = archive_.insert(trial.number, trial.objectives);
    changed_ = changed_ || change.entered;
    return change;
}

void FrontKeeper::keep(TrialNumber number, std::string weights, store::Batch& batch) {
    const ArtifactId id = hash_bytes(weights);
    batch.finishes.back().weights = id;
    weights_[number] = id;
    std::erase(batch.dropped_artifacts, id);
    batch.artifacts.push_back({.id = id, .kind = "weights", .bytes = std::move(weights)});
}

void FrontKeeper::drop(TrialNumber number, store::Batch& batch) {
    const auto node = weights_.extract(number);
    if (node.empty())
        return;
    for (store::TrialFinish& finish : batch.finishes)
        if (finish.number == number)
            finish.weights.reset();
    const ArtifactId id = node.mapped();
    if (std::ranges::any_of(weights_, [&](const auto& kept) { return kept.second == id; }))
        return;
    std::erase_if(batch.artifacts,
                  [&](const store::Artifact& artifact) { return artifact.id == id; });
    batch.dropped_artifacts.push_back(id);
}

}  // namespace parnas::search
