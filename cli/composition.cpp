// SPDX-License-Identifier: Apache-2.0
#include "cli/composition.h"

#include "evaluators/command/command.h"
#include "evaluators/synthetic.h"
#include "evaluators/tabular/tabular.h"
#include "hw_models/roofline.h"
#include "search/builtins.h"
#include "search/export/exporters.h"

namespace parnas::cli {

search::Registries make_registries() {
    search::Registries registries;
    registries.evaluators.add("command", evaluators::make_command_evaluator);
    registries.evaluators.add("synthetic", evaluators::make_synthetic_evaluator);
    registries.evaluators.add("tabular", evaluators::make_tabular_evaluator);
    registries.hardware_models.add("roofline", hw_models::make_roofline_model);
    search::register_strategies(registries);
    search::register_pruners(registries);
    search::register_terminators(registries);
    search::register_exporters(registries);
    return registries;
}

}  // namespace parnas::cli
