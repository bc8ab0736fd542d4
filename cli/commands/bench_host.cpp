// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "bench/hardware/host.h"
#include "cli/commands/commands.h"
#include "cli/composition.h"
#include "cli/interrupts.h"
#include "cli/runtimes.h"
#include "core/document.h"
#include "spaces/load.h"

namespace parnas::cli {
namespace {

std::vector<std::string> targets_of(const BenchHostOptions& options) {
    if (!options.targets.empty())
        return options.targets;
    return {"{runtime: libtorch}",
            "{runtime: libtorch-frozen}",
            "{runtime: libtorch-frozen, threads: 2}",
            "{runtime: libtorch-frozen, layout: nhwc}",
            "{runtime: libtorch-frozen, dtype: bf16}"};
}

Table figures_table(const std::vector<bench::HostFigure>& figures) {
    Table table{.columns = {{"target", "target"},
                            {"space", "space"},
                            {"kernels", "kernels"},
                            {"profile_seconds", "profiled in (s)"},
                            {"networks", "networks"},
                            {"within_5", "within 5 %"},
                            {"within_10", "within 10 %"},
                            {"mean_error", "mean error"},
                            {"spearman", "Spearman"},
                            {"coverage", "in 90 % interval"},
                            {"median_ms", "median (ms)"},
                            {"disturbed", "disturbed"}},
                .rows = {}};
    for (const bench::HostFigure& each : figures) {
        std::vector<Milliseconds> times;
        for (const bench::HostNetwork& network : each.networks)
            times.push_back(network.measured);
        std::ranges::sort(times);
        table.rows.push_back({each.target,
                              each.space,
                              static_cast<std::int64_t>(each.table.entries.size()),
                              each.seconds,
                              static_cast<std::int64_t>(each.networks.size()),
                              each.share_within(0.05),
                              each.share_within(0.1),
                              each.mean_error(),
                              each.rho(),
                              each.coverage(),
                              times[times.size() / 2].count(),
                              std::int64_t{each.table.provenance.disturbed}});
    }
    return table;
}

Json to_json(const bench::HostFigure& figure) {
    Json networks = Json::array();
    for (const bench::HostNetwork& each : figure.networks)
        networks.push_back({{"measured_ms", each.measured.count()},
                            {"predicted_ms", each.predicted.count()},
                            {"low_ms", each.low.count()},
                            {"high_ms", each.high.count()}});
    return {{"target", figure.target},
            {"space", figure.space},
            {"profile_seconds", figure.seconds},
            {"within_5", figure.share_within(0.05)},
            {"within_10", figure.share_within(0.1)},
            {"mean_error", figure.mean_error()},
            {"spearman", figure.rho()},
            {"coverage", figure.coverage()},
            {"networks", std::move(networks)},
            {"table", hw_models::to_json(figure.table)}};
}

}  // namespace

int run(const BenchHostOptions& options, const GlobalOptions&, Console& console) {
    const Interrupts interrupts;
    search::Registries registries = make_registries();
    hw_models::Meter meter = hw_models::make_meter(meter_options(options.measuring));
    std::vector<bench::HostFigure> figures;
    for (const std::string& target : targets_of(options))
        for (const std::string& name : options.spaces) {
            const auto runtime =
                open_runtime(Document::parse(target, "--target").root(), "--target", registries);
            const auto space = spaces::load_space(name, std::filesystem::current_path());
            const auto progress = [&](std::string_view step, double done) {
                if (console.live)
                    console.err << fmt::format("\r\x1b[K{} on {}: {}, {:.0f} %",
                                               name,
                                               runtime->target().name,
                                               step,
                                               100.0 * done)
                                << std::flush;
            };
            figures.push_back(
                bench::run_host(*space,
                                *runtime,
                                meter,
                                {.networks = static_cast<std::size_t>(options.networks),
                                 .seed = options.seed,
                                 .profiler = {.kernels = static_cast<std::size_t>(options.kernels),
                                              .passes = static_cast<int>(options.passes),
                                              .seed = options.seed,
                                              .tool = "parnas " PARNAS_VERSION,
                                              .date = today()}},
                                progress,
                                interrupts.token()));
        }
    if (console.live)
        console.err << "\r\x1b[K" << std::flush;
    if (console.output != OutputFormat::json) {
        print(console, figures_table(figures));
        return 0;
    }
    Json json = Json::array();
    for (const bench::HostFigure& each : figures)
        json.push_back(to_json(each));
    print(console, json);
    return 0;
}

}  // namespace parnas::cli
