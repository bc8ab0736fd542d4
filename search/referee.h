// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/trial.h"
#include "search/pruner.h"
#include "store/store.h"

namespace parnas::search {

// Judges the trials of a search with the study's pruner. With `lag: L` the k-th trial is
// compared with the trials 0..k-L, which had all ended when it was proposed: so no verdict
// depends on the number of workers or on who is quicker. Without a lag it is compared with
// all trials, also running ones. Finalists are neither judged nor compared with.
class Referee {
  public:
    // `pruner` may be null: then every trial goes on.
    Referee(const Pruner* pruner, std::optional<int> lag) : pruner_(pruner), lag_(lag) {}

    bool judges(const Candidate& candidate) const {
        return pruner_ != nullptr && candidate.stage == Stage::search;
    }
    // The search's trials start in the order of their numbers.
    void start(const Candidate& candidate);
    // The trial begins anew: its points are forgotten.
    void restart(TrialNumber number);
    // What a trial that started before had reported in an earlier session.
    void restore(const store::TrialRecord& record);
    // The same of one that has ended.
    void restore_finished(const store::TrialRecord& record);
    // Later points at the same step replace earlier ones.
    void report(TrialNumber number, const CurvePoint& point);
    void end(TrialNumber number, TrialState state);

    // Why the trial is to stop after its last report; nullopt: it goes on.
    std::optional<std::string> verdict(TrialNumber number) const;

  private:
    // Null for trials that are not judged.
    Curve* find(TrialNumber number);

    const Pruner* pruner_;
    std::optional<int> lag_;
    std::vector<Curve> curves_;  // by number
};

}  // namespace parnas::search
