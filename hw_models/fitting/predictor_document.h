// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "core/document.h"
#include "core/json.h"
#include "hw_models/fitting/latency_predictor.h"
#include "hw_models/hardware_model.h"

namespace parnas::hw_models {

// Where a predictor comes from, in words; empty where nobody said it.
struct PredictorProvenance {
    std::string space;  // "mobile@1"
    std::string tool;
    std::string date;  // YYYY-MM-DD
};

// A predictor with what it was made from, so that it can be fitted again with more measurements.
struct PredictorDocument {
    Target target;
    LatencyPredictor predictor;
    Samples samples;
    FeatureStatistics reference;
    PredictorProvenance provenance = {};
};

// Format "parnas-predictor", version 1, a target of kind "predictor": docs/targets.md,
// "Predictors". Everything that decides a prediction, numbers in full, so that reading it back
// gives the same predictor.
Json to_json(const PredictorDocument& document);

// `schema`: that of the rows it will be asked about; a document of another one is refused, as its
// weights would mean something else. Throws Error(invalid_input) with all faults, each with its
// place.
PredictorDocument read_predictor(const Document& document, const FeatureSchema& schema);

}  // namespace parnas::hw_models
