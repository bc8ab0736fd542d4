// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "core/registry.h"
#include "evaluators/evaluator.h"
#include "hw_models/hardware_model.h"
#include "hw_models/measuring/runtime.h"
#include "search/export/exporter.h"
#include "search/pruner.h"
#include "search/strategy.h"
#include "search/terminators/terminator.h"
#include "spaces/onnx/engine.h"

namespace parnas::search {

// Everything that plugs in, by the names that a job file uses. Filled once by the
// composition root; the LibTorch module adds to it when it is opened.
struct Registries {
    Registry<evaluators::EvaluatorFactory> evaluators{"evaluator"};
    Registry<hw_models::HardwareModelFactory> hardware_models{"hardware model"};
    // Shared with the model "measured", which looks up the one that a job names.
    std::shared_ptr<hw_models::RuntimeRegistry> runtimes =
        std::make_shared<hw_models::RuntimeRegistry>("runtime");
    Registry<StrategyFactory> strategies{"strategy"};
    Registry<PrunerFactory> pruners{"pruner"};
    Registry<TerminatorFactory> terminators{"terminator"};
    Registry<ExporterFactory> exporters{"export format"};
    Registry<spaces::onnx::EngineFactory> engines{"inference engine"};
};

}  // namespace parnas::search
