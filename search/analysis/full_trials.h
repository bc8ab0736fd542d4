// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/store.h"

namespace parnas::search {

// Whether it tells what its candidate is worth: complete, with the whole training budget, and
// made by the search, since finalists are trained otherwise.
inline bool is_full(const store::TrialRecord& trial) {
    return trial.state == TrialState::complete && trial.fidelity >= 1.0 &&
           trial.stage == Stage::search;
}

}  // namespace parnas::search
