// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "hw_models/fitting/known_targets.h"
#include "hw_models/onboarding/assessment.h"
#include "hw_models/onboarding/measurements.h"
#include "hw_models/onboarding/probe_set.h"
#include "hw_models/target_library.h"

namespace parnas::hw_models {

struct FittedProbes {
    PredictorDocument document;
    Assessment assessment;
    std::vector<std::string> missing;  // names of probes that are not measured
    std::int64_t disturbed = 0;        // probes
};

// A predictor of the set's target from what was measured of its probes, one entry of `times` for
// each; the pool stands for the space. Throws Error(invalid_input) if less than two are measured.
FittedProbes fit_probes(const ProbeSet& set,
                        const std::vector<Probe>& pool,
                        const std::vector<ProbeTimes>& times,
                        const std::vector<KnownTarget>& known,
                        double most_error);

// Other targets, from which a new one may be like.
struct KnownPredictors {
    std::vector<KnownTarget> targets;
    std::vector<Fault> unusable;  // predictors that were found, but cannot be read
};

// Those that are named, by name or as files relative to `base`. Throws as TargetLibrary::resolve()
// and read_predictor().
KnownPredictors named_predictors(const TargetLibrary& library,
                                 const std::vector<std::string>& references,
                                 const std::filesystem::path& base);

// All of the user's own, but for those of the target itself.
KnownPredictors own_predictors(const TargetLibrary& library, const Target& target);

}  // namespace parnas::hw_models
