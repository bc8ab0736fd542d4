// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>

#include "core/registry.h"
#include "search/pruner.h"

namespace parnas::search {

struct PatientOptions {
    std::unique_ptr<Pruner> wrapped;  // null: every trial that no longer improves is stopped
    std::int64_t patience = 0;        // reports, beyond the last one, without an improvement
    double min_delta = 0.0;           // by which the best may be missed and yet count as reached
};

// `pruners`: those that `wrapped` may name.
PatientOptions read_patient(ObjectReader& options,
                            const Objective& objective,
                            const Registry<PrunerFactory>& pruners);

// Asks the wrapped pruner only about trials that no longer improve: the best of the last
// `patience` + 1 reports is worse, by more than `min_delta`, than the best before them. Only NaN
// among the last ones is no improvement either. But for that as Optuna's PatientPruner.
std::unique_ptr<Pruner> make_patient_pruner(PatientOptions options, const Objective& objective);

}  // namespace parnas::search
