// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/commands/commands.h"
#include "cli/composition.h"
#include "cli/interrupts.h"
#include "cli/runtimes.h"
#include "core/draft_file.h"
#include "hw_models/measuring/calibration.h"
#include "hw_models/measuring/energy_counter.h"
#include "hw_models/table/operator_table.h"

namespace parnas::cli {
namespace {

using hw_models::Calibration;
using hw_models::Spread;

Table figures_table(const Calibration& found) {
    Table table{.columns = {{"figure", "figure"},
                            {"median", "median"},
                            {"p10", "10 %"},
                            {"p90", "90 %"},
                            {"spread", "spread"}},
                .rows = {}};
    const auto add = [&](const char* name, const Spread& spread) {
        table.rows.push_back(
            {std::string(name), spread.median, spread.p10, spread.p90, spread.relative()});
    };
    add("matrix products (GFLOP/s)", found.peak_gflops);
    add("memory (GB/s)", found.memory_gb_per_s);
    add("cache (GB/s)", found.cache_gb_per_s);
    add("an op (us)", found.kernel_overhead_us);
    return table;
}

// What the machine's counters of energy are worth, for people.
std::string energy_text(hw_models::Meter& meter) {
    std::string text;
    for (const auto& counter : hw_models::find_energy_counters()) {
        const hw_models::EnergySelfTest test =
            hw_models::test_energy_counter(*counter, hw_models::canary_work(), meter.instruments());
        text += test.passed
                    ? fmt::format(
                          "energy: {}, {:.1f} W under load\n", counter->name(), test.power.count())
                    : fmt::format("energy: not counted, {}\n", test.reason);
    }
    return text.empty() ? "energy: this machine has no counter; it can be modelled only\n" : text;
}

}  // namespace

int run(const TargetsCalibrateOptions& options, const GlobalOptions&, Console& console) {
    const Interrupts interrupts;
    search::Registries registries = make_registries();
    const auto runtime = open_runtime(options.runtime, registries);
    const std::string name = hw_models::document_name(runtime->target());
    const std::filesystem::path path = new_file(options.out, name + ".json", options.overwrite);
    hw_models::Meter meter =
        hw_models::make_meter(meter_options(options.measuring, runtime->target()));
    const hw_models::CalibrationOptions calibration{
        .most_spread = options.spread, .tool = "parnas " PARNAS_VERSION, .date = today()};
    const Calibration found =
        hw_models::calibrate(*runtime, meter, calibration, interrupts.token());
    DraftFile file(path);
    file.write(to_profile(found, name, calibration).dump(2) + "\n");
    file.keep();
    print(console, figures_table(found));
    if (console.output == OutputFormat::table)
        console.out << '\n'
                    << energy_text(meter) << "written to " << path.string()
                    << "; in a job: target: {model: roofline, profile: " << path.string() << "}\n";
    return 0;
}

}  // namespace parnas::cli
