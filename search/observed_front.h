// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "store/store.h"

namespace parnas::search {

// By how much a trial breaks the constraints that Optuna's tools know: the system attribute
// `constraints`, a list, of Optuna up to 4, and `constraints:<name>` of Optuna 5. 0: all are met,
// or it has none.
double optuna_violation(const store::Attributes& system_attributes);

// The front of a study that another program made, whose store has its trials alone: the complete
// trials that meet their constraints and that no other such trial dominates. Ascending.
std::vector<TrialNumber> observed_front(const store::StudySpec& study,
                                        std::span<const store::TrialRecord> trials);

}  // namespace parnas::search
