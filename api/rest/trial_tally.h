// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>

#include "core/mutex.h"
#include "store/store.h"

namespace parnas::rest {

using TrialCounts = std::map<TrialState, std::int64_t>;

// How many trials of a study are in each state. Finished trials stay what they are: those up to
// the first that is not finished are counted once and then remembered. Thread-safe.
class TrialTally {
  public:
    TrialCounts count(const store::Store& store, StudyId study);

  private:
    struct Finished {
        TrialNumber below = 0;  // all trials before this one are finished
        TrialCounts counts;
    };

    Mutex mutex_;
    std::map<StudyId, Finished> finished_ PARNAS_GUARDED_BY(mutex_);
};

}  // namespace parnas::rest
