// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "bench/driver.h"
#include "bench/proxies.h"
#include "cli/commands/commands.h"
#include "cli/composition.h"
#include "cli/counter.h"
#include "cli/interrupts.h"
#include "cli/machine.h"
#include "cli/torch_module.h"

namespace parnas::cli {
namespace {

Table driver_table(const std::vector<bench::DriverFigure>& figures) {
    Table table{{{"what", "what"},
                 {"batch", "lag or batch"},
                 {"trials_per_second", "trials/s"},
                 {"low", "lowest"},
                 {"high", "highest"},
                 {"ratio", "of SQLite"}},
                {}};
    for (const bench::DriverFigure& each : figures)
        table.rows.push_back({each.what, each.batch, each.median, each.low, each.high, each.ratio});
    return table;
}

Table proxies_table(const bench::ProxiesResults& results) {
    Table table{{{"score", "score"},
                 {"spearman", "Spearman with accuracy"},
                 {"spearman_size", "with parameters"}},
                {}};
    for (const bench::ProxiesResults::Scorer& each : results.scorers)
        table.rows.push_back({each.name, each.spearman, each.of_size});
    return table;
}

}  // namespace

int run(const BenchDriverOptions& options, const GlobalOptions&, Console& console) {
    const Interrupts interrupts;
    const search::Registries registries = make_registries();
    Counter counter(console, "measurement");
    print(console,
          driver_table(bench::run_driver(
              {.folder = options.folder,
               .trials = options.trials,
               .rounds = static_cast<int>(options.rounds)},
              registries,
              interrupts.token(),
              [&](std::size_t done, std::size_t all) { counter.show(done, all); })));
    return 0;
}

int run(const BenchProxiesOptions& options, const GlobalOptions&, Console& console) {
    const Interrupts interrupts;
    search::Registries registries = make_registries();
    open_torch_module(registries);
    Counter counter(console, "network");
    const bench::ProxiesResults results = bench::run_proxies(
        {.tables = options.data,
         .images = options.images.value_or(options.data / "cifar10_lossy_train_10000.bin.gz"),
         .networks = options.networks,
         .batch = options.batch,
         .seed = options.seed,
         .threads = static_cast<int>(options.threads.value_or(usable_cores()))},
        registries,
        interrupts.token(),
        [&](std::size_t done, std::size_t all) { counter.show(done, all); });
    const Table table = proxies_table(results);
    if (console.output == OutputFormat::json) {
        print(console,
              Json{{"scores", to_json(table)},
                   {"networks", results.networks},
                   {"disconnected", results.disconnected},
                   {"cost_s", results.cost.count()}});
        return 0;
    }
    print(console, table);
    if (console.output == OutputFormat::table)
        console.out << fmt::format(
            "\n{} networks scored in {:.1f} s, {} drawn besides are not connected\n",
            results.networks,
            results.cost.count(),
            results.disconnected);
    return 0;
}

}  // namespace parnas::cli
