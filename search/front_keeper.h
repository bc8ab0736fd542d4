// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "search/job_spec.h"
#include "search/pareto.h"
#include "search/sampler.h"
#include "store/store.h"

namespace parnas::search {

// Complete, evaluated with full fidelity and within all limits.
bool may_enter_front(const Trial& trial);

// The front of these trials, by what the store says of them.
ParetoArchive archive_of(const JobSpec& job, std::span<const store::TrialRecord> trials);
// Puts a front with its hypervolume into the batch.
void write_front(const JobSpec& job, const ParetoArchive& archive, store::Batch& batch);

// The front of a study as its trials end, finalists among them, and the weights that are
// kept for it.
class FrontKeeper {
  public:
    explicit FrontKeeper(const JobSpec& job) : job_(job) {}

    // A trial from the store.
    void restore(const Trial& trial, const std::optional<ArtifactId>& weights);

    // A trial whose finish is the last of the batch. Keeps its weights, new ones or those
    // of an earlier trial that the finish names, if it enters the front, is a finalist, or ended
    // at a rung and may go on; drops those of search trials that leave the front.
    void add(const Trial& trial, std::optional<std::string> weights, store::Batch& batch);
    // Writes the front into the batch if it changed since the last call.
    void write_change(store::Batch& batch);

    const ParetoArchive& archive() const { return archive_; }

  private:
    ParetoArchive::Change insert(const Trial& trial);
    void keep(std::string weights, store::Batch& batch);
    void drop(TrialNumber number, store::Batch& batch);

    const JobSpec& job_;
    ParetoArchive archive_;
    bool changed_ = false;
    std::set<TrialNumber> droppable_;  // search trials whose weights are kept
};

}  // namespace parnas::search
