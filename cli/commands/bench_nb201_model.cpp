// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "bench/nb201_model.h"
#include "cli/commands/commands.h"
#include "cli/composition.h"
#include "cli/counter.h"
#include "cli/interrupts.h"
#include "cli/machine.h"

namespace parnas::cli {
namespace {

// Columns at the end of a table that has a row for each of `figures`.
template <typename Figures>
void add_ask_times(Table& table, const Figures& figures) {
    table.columns.insert(
        table.columns.end(),
        {{"ask_median_ms", "ask (ms)"}, {"ask_mean_ms", "mean"}, {"ask_longest_ms", "longest"}});
    for (std::size_t i = 0; i < figures.size(); ++i) {
        const bench::AskTimes& asks = figures[i].asks;
        for (const Seconds time : {asks.median, asks.mean, asks.longest})
            table.rows[i].push_back(1e3 * time.count());
    }
}

Table reached_table(const bench::Nb201ModelResults& results) {
    Table table{{{"data_set", "data set"},
                 {"trials", "trials"},
                 {"seeds", "seeds"},
                 {"reached", "reached"},
                 {"median_trials", "median trials"},
                 {"test_accuracy", "test accuracy (%)"},
                 {"stddev", "spread"}},
                {}};
    for (const bench::Nb201Reached& each : results.reached)
        table.rows.push_back({each.data_set,
                              each.trials,
                              static_cast<std::int64_t>(each.searches),
                              static_cast<std::int64_t>(each.reached),
                              each.median_trials,
                              each.accuracy.mean,
                              each.accuracy.stddev});
    add_ask_times(table, results.reached);
    return table;
}

Table fronts_table(const bench::Nb201ModelResults& results) {
    Table table{{{"data_set", "data set"},
                 {"device", "device"},
                 {"trials", "trials"},
                 {"seeds", "seeds"},
                 {"hypervolume_ratio", "hypervolume ratio"},
                 {"stddev", "spread"}},
                {}};
    for (const bench::Nb201ModelFront& each : results.fronts)
        table.rows.push_back({each.data_set,
                              each.device,
                              each.trials,
                              static_cast<std::int64_t>(each.ratio.count),
                              each.ratio.mean,
                              each.ratio.stddev});
    add_ask_times(table, results.fronts);
    return table;
}

}  // namespace

int run(const BenchNb201ModelOptions& options, const GlobalOptions&, Console& console) {
    const Interrupts interrupts;
    const search::Registries registries = make_registries();
    Counter counter(console, "search");
    const bench::Nb201ModelResults results = bench::run_nb201_model(
        {.data = options.data,
         .seeds = static_cast<int>(options.seeds),
         .first_seed = options.first_seed,
         .threads = static_cast<int>(options.threads.value_or(usable_cores()))},
        registries,
        interrupts.token(),
        [&](std::size_t done, std::size_t all) { counter.show(done, all); });
    if (console.output == OutputFormat::json) {
        print(console,
              Json{{"reached", to_json(reached_table(results))},
                   {"fronts", to_json(fronts_table(results))}});
        return 0;
    }
    print(console, reached_table(results));
    console.out << '\n';
    print(console, fronts_table(results));
    return 0;
}

}  // namespace parnas::cli
