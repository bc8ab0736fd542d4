// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "cli/commands/commands.h"
#include "cli/stores.h"
#include "cli/trial_view.h"

namespace parnas::cli {

int run(const PhasesOptions& options, const GlobalOptions& global, Console& console) {
    const auto store = open_to_read(global);
    const std::vector<store::PhaseRecord> phases =
        store->phases(find_study(*store, options.study).id);
    if (console.output != OutputFormat::json) {
        print(console, phases_table(phases, options.detail));
        return 0;
    }
    Json json = Json::array();
    for (const store::PhaseRecord& phase : phases)
        json.push_back(phase_json(phase, options.detail));
    print(console, json);
    return 0;
}

}  // namespace parnas::cli
