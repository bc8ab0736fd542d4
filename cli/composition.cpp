// SPDX-License-Identifier: Apache-2.0
#include "cli/composition.h"

#include "api/plugin/plugin_set.h"
#include "cli/engines.h"
#include "cli/plugins.h"
#include "cli/target_folder.h"
#include "evaluators/command/command.h"
#include "evaluators/remote.h"
#include "evaluators/synthetic.h"
#include "evaluators/tabular/tabular.h"
#include "hw_models/measuring/measured.h"
#include "hw_models/target_kinds.h"
#include "search/builtins.h"
#include "search/export/exporters.h"

namespace parnas::cli {
namespace {

// One for each kind of target, and `auto`, which looks at the kind.
void add_hardware_models(Registry<hw_models::HardwareModelFactory>& models) {
    const hw_models::TargetLibrary library = target_library();
    const auto add = [&](std::string_view name, auto make) {
        models.add(std::string(name),
                   [make, library](ObjectReader& options, const std::filesystem::path& base) {
                       return make(options, base, library);
                   });
    };
    for (const hw_models::TargetKind& kind : hw_models::target_kinds())
        add(kind.model, kind.make);
    add("auto", hw_models::make_model_of_profile);
}

}  // namespace

search::Registries make_registries() {
    search::Registries registries;
    registries.evaluators.add("command", evaluators::make_command_evaluator);
    registries.evaluators.add("remote", evaluators::make_remote_evaluator);
    registries.evaluators.add("synthetic", evaluators::make_synthetic_evaluator);
    registries.evaluators.add("tabular", evaluators::make_tabular_evaluator);
    add_hardware_models(registries.hardware_models);
    registries.hardware_models.add("measured",
                                   hw_models::make_measured_factory(registries.runtimes));
    search::register_strategies(registries);
    search::register_pruners(registries);
    search::register_terminators(registries);
    search::register_exporters(registries);
    add_engines(registries);
    plugin::add_parts(plugins(), registries);
    return registries;
}

}  // namespace parnas::cli
