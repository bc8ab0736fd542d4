// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

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

Milliseconds median_of(std::vector<Milliseconds> times) {
    std::ranges::sort(times);
    return times[times.size() / 2];
}

Table figures_table(const std::vector<bench::HostFigure>& figures) {
    Table table{.columns = {{"target", "target"},
                            {"space", "space"},
                            {"model", "model"},
                            {"seconds", "measured in (s)"},
                            {"networks", "networks"},
                            {"within_5", "within 5 %"},
                            {"within_10", "within 10 %"},
                            {"within_15", "within 15 %"},
                            {"mean_error", "mean error"},
                            {"spearman", "Spearman"},
                            {"coverage", "in 90 % interval"},
                            {"median_ms", "median (ms)"},
                            {"disturbed", "disturbed"}},
                .rows = {}};
    for (const bench::HostFigure& each : figures) {
        const auto add = [&](const std::string& name, const bench::HostModel& model) {
            const bench::HostJudgement found = bench::judge(model, each.measured);
            table.rows.push_back({each.target,
                                  each.space,
                                  name,
                                  model.seconds,
                                  static_cast<std::int64_t>(each.measured.size()),
                                  found.within_5,
                                  found.within_10,
                                  found.within_15,
                                  found.mean_error,
                                  found.rho,
                                  found.coverage,
                                  median_of(each.measured).count(),
                                  std::int64_t{each.disturbed + each.table.provenance.disturbed}});
        };
        add(fmt::format("table of {} kernels", each.table.entries.size()), each.by_table);
        add("probes", each.by_probes);
    }
    return table;
}

Json to_json(const bench::HostModel& model, const std::vector<Milliseconds>& measured) {
    const bench::HostJudgement found = bench::judge(model, measured);
    Json networks = Json::array();
    for (std::size_t i = 0; i < measured.size(); ++i)
        networks.push_back({{"measured_ms", measured[i].count()},
                            {"predicted_ms", model.predictions[i].latency.count()},
                            {"low_ms", model.predictions[i].low.count()},
                            {"high_ms", model.predictions[i].high.count()}});
    return {{"seconds", model.seconds},
            {"within_5", found.within_5},
            {"within_10", found.within_10},
            {"within_15", found.within_15},
            {"mean_error", found.mean_error},
            {"spearman", found.rho},
            {"coverage", found.coverage},
            {"networks", std::move(networks)}};
}

Json to_json(const bench::HostFigure& figure) {
    return {{"target", figure.target},
            {"space", figure.space},
            {"profile", to_json(figure.by_table, figure.measured)},
            {"onboard", to_json(figure.by_probes, figure.measured)},
            {"disturbed", figure.disturbed},
            {"table", hw_models::to_json(figure.table)}};
}

}  // namespace

int run(const BenchHostOptions& options, const GlobalOptions&, Console& console) {
    const Interrupts interrupts;
    search::Registries registries = make_registries();
    std::vector<bench::HostFigure> figures;
    for (const std::string& target : targets_of(options))
        for (const std::string& name : options.spaces) {
            const auto runtime =
                open_runtime(Document::parse(target, "--target").root(), "--target", registries);
            hw_models::Meter meter =
                hw_models::make_meter(meter_options(options.measuring, runtime->target()));
            const std::shared_ptr<const spaces::SearchSpace> space =
                spaces::load_space(name, std::filesystem::current_path());
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
                bench::run_host(space,
                                *runtime,
                                meter,
                                {.networks = static_cast<std::size_t>(options.networks),
                                 .probes = static_cast<std::size_t>(options.probes),
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
