// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "search/job_spec.h"
#include "search/pareto.h"
#include "search/reestimates.h"
#include "search/sampler.h"
#include "store/store.h"

namespace parnas::search {

// Complete, evaluated with full fidelity and within all limits.
bool may_enter_front(const Trial& trial);

// The front of these trials, by what the store says of them.
ParetoArchive archive_of(const JobSpec& job, std::span<const store::TrialRecord> trials);
// Puts a front with its hypervolume into the batch, and what it is by besides the trials' records.
void write_front(const JobSpec& job,
                 const ParetoArchive& archive,
                 store::Batch& batch,
                 const FrontFigures& by = {});

// The front of a study as its trials end, finalists among them, and the weights that are
// kept for it.
class FrontKeeper {
  public:
    explicit FrontKeeper(const JobSpec& job) : job_(job) {}

    // A trial from the store.
    void restore(const Trial& trial, const std::optional<ArtifactId>& weights);

    // The front that the store has of the trials that are restored: it is to be written if it is
    // not theirs, as after another program added some.
    void restore_stored(std::span<const TrialNumber> front);

    // A trial whose finish is the last of the batch. Keeps its weights, new ones or those
    // of an earlier trial that the finish names, if it enters the front, is a finalist, or ended
    // at a rung and may go on; drops those of search trials that leave the front.
    void add(const Trial& trial, std::optional<std::string> weights, store::Batch& batch);
    // Takes the front of trials that are restored as it is in the store, by these figures.
    void restore_front(ParetoArchive archive, Reestimates figures);
    // The front by newer figures; a change, if it or they are not as they were.
    void rerank(const ParetoArchive& archive, Reestimates figures);
    // Writes the front into the batch if it changed since the last call.
    void write_change(store::Batch& batch);

    const ParetoArchive& archive() const { return archive_; }

  private:
    ParetoArchive::Change insert(const Trial& trial);
    void keep(std::string weights, store::Batch& batch);
    void drop(TrialNumber number, store::Batch& batch);

    const JobSpec& job_;
    ParetoArchive archive_;
    Reestimates figures_;  // that it is by
    bool changed_ = false;
    bool reestimated_ = false;         // the change is not by new trials alone
    std::set<TrialNumber> droppable_;  // search trials whose weights are kept
};

}  // namespace parnas::search
