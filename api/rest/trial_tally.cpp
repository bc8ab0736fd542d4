// SPDX-License-Identifier: Apache-2.0
#include "api/rest/trial_tally.h"

#include <utility>

namespace parnas::rest {

TrialCounts TrialTally::count(const store::Store& store, StudyId study) {
    Finished finished;
    {
        const MutexLock lock(mutex_);
        finished = finished_[study];
    }
    TrialCounts counts = finished.counts;
    for (const store::TrialRecord& trial : store.trials(study, finished.below)) {
        ++counts[trial.state];
        if (trial.number == finished.below && is_finished(trial.state)) {
            ++finished.counts[trial.state];
            ++finished.below;
        }
    }
    const MutexLock lock(mutex_);
    Finished& known = finished_[study];
    if (known.below < finished.below)
        known = std::move(finished);
    return counts;
}

}  // namespace parnas::rest
