// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "bench/driver.h"
#include "bench/nb201.h"
#include "bench/nb201_model.h"
#include "bench/proxies.h"
#include "cli/commands/commands.h"
#include "cli/composition.h"
#include "cli/counter.h"
#include "cli/interrupts.h"
#include "cli/machine.h"
#include "cli/torch_module.h"

namespace parnas::cli {
namespace {

Table searches_table(const bench::Nb201Results& results) {
    Table table{{{"method", "method"},
                 {"data_set", "data set"},
                 {"budget_s", "budget (s)"},
                 {"seeds", "seeds"},
                 {"trials", "trials"},
                 {"test_accuracy", "test accuracy (%)"},
                 {"stddev", "spread"},
                 {"three_standard_errors", "3 s.e."},
                 {"expected", "expected"},
                 {"agrees", "agrees"}},
                {}};
    for (const bench::Nb201Search& each : results.searches)
        table.rows.push_back({each.method,
                              each.data_set,
                              each.budget.count(),
                              static_cast<std::int64_t>(each.accuracy.count),
                              each.trials,
                              each.accuracy.mean,
                              each.accuracy.stddev,
                              3.0 * each.accuracy.standard_error(),
                              each.expected,
                              each.agrees()});
    return table;
}

Table fronts_table(const bench::Nb201Results& results) {
    Table table{{{"data_set", "data set"},
                 {"device", "device"},
                 {"size", "front"},
                 {"expected", "expected"},
                 {"agrees", "agrees"}},
                {}};
    for (const bench::Nb201Front& each : results.fronts)
        table.rows.push_back({each.data_set,
                              each.device,
                              static_cast<std::int64_t>(each.size),
                              static_cast<std::int64_t>(each.expected),
                              each.agrees()});
    return table;
}

Table hypervolumes_table(const bench::Nb201Results& results) {
    Table table{{{"data_set", "data set"},
                 {"device", "device"},
                 {"trials", "trials"},
                 {"seeds", "seeds"},
                 {"hypervolume_ratio", "hypervolume ratio"},
                 {"stddev", "spread"},
                 {"expected", "expected"},
                 {"agrees", "not below - 0.01"}},
                {}};
    for (const bench::Nb201Hypervolume& each : results.hypervolumes)
        table.rows.push_back({each.data_set,
                              each.device,
                              each.trials,
                              static_cast<std::int64_t>(each.ratio.count),
                              each.ratio.mean,
                              each.ratio.stddev,
                              each.expected,
                              each.agrees()});
    return table;
}

Table reached_table(const bench::Nb201ModelResults& results) {
    Table table{{{"data_set", "data set"},
                 {"trials", "trials"},
                 {"seeds", "seeds"},
                 {"reached", "reached"},
                 {"median_trials", "median trials"},
                 {"test_accuracy", "test accuracy (%)"},
                 {"stddev", "spread"},
                 {"ask_median_ms", "ask (ms)"},
                 {"ask_mean_ms", "mean"},
                 {"ask_longest_ms", "longest"}},
                {}};
    for (const bench::Nb201Reached& each : results.reached)
        table.rows.push_back({each.data_set,
                              each.trials,
                              static_cast<std::int64_t>(each.searches),
                              static_cast<std::int64_t>(each.reached),
                              each.median_trials,
                              each.accuracy.mean,
                              each.accuracy.stddev,
                              1e3 * each.asks.median.count(),
                              1e3 * each.asks.mean.count(),
                              1e3 * each.asks.longest.count()});
    return table;
}

Table model_fronts_table(const bench::Nb201ModelResults& results) {
    Table table{{{"data_set", "data set"},
                 {"device", "device"},
                 {"trials", "trials"},
                 {"seeds", "seeds"},
                 {"hypervolume_ratio", "hypervolume ratio"},
                 {"stddev", "spread"},
                 {"ask_median_ms", "ask (ms)"},
                 {"ask_mean_ms", "mean"},
                 {"ask_longest_ms", "longest"}},
                {}};
    for (const bench::Nb201ModelFront& each : results.fronts)
        table.rows.push_back({each.data_set,
                              each.device,
                              each.trials,
                              static_cast<std::int64_t>(each.ratio.count),
                              each.ratio.mean,
                              each.ratio.stddev,
                              1e3 * each.asks.median.count(),
                              1e3 * each.asks.mean.count(),
                              1e3 * each.asks.longest.count()});
    return table;
}

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

int run(const BenchNb201Options& options, const GlobalOptions&, Console& console) {
    const Interrupts interrupts;
    const search::Registries registries = make_registries();
    Counter counter(console, "search");
    const bench::Nb201Results results =
        bench::run_nb201({.data = options.data,
                          .seeds = static_cast<int>(options.seeds),
                          .threads = static_cast<int>(options.threads.value_or(usable_cores()))},
                         registries,
                         interrupts.token(),
                         [&](std::size_t done, std::size_t all) { counter.show(done, all); });
    const double rate = static_cast<double>(results.search_trials) / results.search_time.count();
    if (console.output == OutputFormat::json) {
        print(console,
              Json{{"searches", to_json(searches_table(results))},
                   {"search_trials", results.search_trials},
                   {"search_time_s", results.search_time.count()},
                   {"trials_per_second", rate},
                   {"fronts", to_json(fronts_table(results))},
                   {"hypervolumes", to_json(hypervolumes_table(results))}});
        return 0;
    }
    print(console, searches_table(results));
    if (console.output == OutputFormat::table)
        console.out << fmt::format("\n{} trials in {:.1f} s, {:.0f} per second\n",
                                   results.search_trials,
                                   results.search_time.count(),
                                   rate);
    console.out << '\n';
    print(console, fronts_table(results));
    console.out << '\n';
    print(console, hypervolumes_table(results));
    return 0;
}

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
                   {"fronts", to_json(model_fronts_table(results))}});
        return 0;
    }
    print(console, reached_table(results));
    console.out << '\n';
    print(console, model_fronts_table(results));
    return 0;
}

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
