// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "search/job_spec.h"
#include "search/pareto.h"
#include "search/sampler.h"
#include "store/store.h"

namespace parnas::search {

// Complete, evaluated with full fidelity and within all limits.
bool may_enter_front(const Trial& trial, double fidelity);

// The front of a study as its trials end, finalists among them, and the weights that are
// kept for it.
class FrontKeeper {
  public:
    explicit FrontKeeper(const JobSpec& job) : job_(job) {}

    // A trial from the store.
    void restore(const Trial& trial, double fidelity, const std::optional<ArtifactId>& weights);

    // A trial whose finish is the last of the batch. Adds the weights to the batch if they
    // are to be kept, and drops those of trials that leave the front.
    void add(const Trial& trial,
             double fidelity,
             std::optional<std::string> weights,
             store::Batch& batch);
    // Writes the front into the batch if it changed since the last call.
    void write_change(store::Batch& batch);

    const ParetoArchive& archive() const { return archive_; }

  private:
    ParetoArchive::Change insert(const Trial& trial, double fidelity);
    void keep(TrialNumber number, std::string weights, store::Batch& batch);
    void drop(TrialNumber number, store::Batch& batch);

    const JobSpec& job_;
    ParetoArchive archive_;
    bool changed_ = false;
    std::map<TrialNumber, ArtifactId> weights_;  // kept ones
};

}  // namespace parnas::search
