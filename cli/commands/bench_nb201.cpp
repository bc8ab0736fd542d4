// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "bench/nb201.h"
#include "cli/commands/commands.h"
#include "cli/composition.h"
#include "cli/counter.h"
#include "cli/interrupts.h"
#include "cli/machine.h"

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

}  // namespace parnas::cli
