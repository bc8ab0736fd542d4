// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "bench/hardware/hardware.h"
#include "cli/commands/commands.h"
#include "cli/counter.h"
#include "cli/interrupts.h"
#include "cli/machine.h"

namespace parnas::cli {
namespace {

Scalar goal_of(const bench::HardwareFigure& figure) {
    if (figure.goal && figure.ceiling)
        return fmt::format("{} to {}", *figure.goal, *figure.ceiling);
    if (figure.ceiling)
        return fmt::format("at most {}", *figure.ceiling);
    if (!figure.goal)
        return {};
    return fmt::format(
        "at least {}{}", *figure.goal, figure.within_standard_error ? " - s.e." : "");
}

Table hardware_table(const std::vector<bench::HardwareFigure>& figures) {
    Table table{{{"task", "task"},
                 {"subject", "subject"},
                 {"samples", "samples"},
                 {"metric", "metric"},
                 {"seeds", "seeds"},
                 {"mean", "mean"},
                 {"margin", "+- (95 %)"},
                 {"goal", "goal"},
                 {"met", "met"}},
                {}};
    for (const bench::HardwareFigure& each : figures) {
        const bool has_goal = each.goal || each.ceiling;
        table.rows.push_back({each.task,
                              each.subject,
                              each.samples,
                              each.metric,
                              static_cast<std::int64_t>(each.over_seeds.count),
                              each.over_seeds.mean,
                              each.margin(),
                              goal_of(each),
                              has_goal ? Scalar(each.met()) : Scalar()});
    }
    return table;
}

}  // namespace

int run(const BenchHardwareOptions& options, const GlobalOptions&, Console& console) {
    const Interrupts interrupts;
    std::vector<bench::HardwareFigure> figures;
    {
        Counter counter(console, "fit");
        figures = bench::run_hardware(
            {.data = options.data,
             .seeds = options.seeds,
             .first_seed = options.first_seed,
             .threads = static_cast<int>(options.threads.value_or(usable_cores())),
             .tasks = options.tasks},
            interrupts.token(),
            [&](std::size_t done, std::size_t all) { counter.show(done, all); });
    }
    print(console, hardware_table(figures));
    return 0;
}

}  // namespace parnas::cli
