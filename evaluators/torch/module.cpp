// SPDX-License-Identifier: Apache-2.0
#include "evaluators/torch/module.h"

#include "evaluators/torch/memory_reuse.h"
#include "evaluators/torch/onnx_exporter.h"
#include "evaluators/torch/runtimes.h"
#include "evaluators/torch/torchscript.h"
#include "evaluators/torch/training.h"
#include "evaluators/torch/zero_cost/zero_cost.h"
#include "search/registries.h"

void parnas_torch_register(parnas::search::Registries* registries) {
    using namespace parnas;
    registries->evaluators.add("training", evaluators::make_training_evaluator);
    registries->evaluators.add("zero_cost", evaluators::make_zero_cost_evaluator);
    registries->runtimes->add("libtorch", evaluators::make_eager_runtime);
    registries->runtimes->add("libtorch-frozen", evaluators::make_frozen_runtime);
    registries->exporters.add("torchscript", evaluators::make_torchscript_exporter);
#ifdef PARNAS_ONNX
    registries->exporters.add("onnx", evaluators::make_onnx_exporter);
#endif
    evaluators::keep_freed_memory();
}
