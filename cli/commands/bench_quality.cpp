// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "bench/quality/quality.h"
#include "bench/summary.h"
#include "cli/commands/commands.h"
#include "cli/composition.h"
#include "cli/counter.h"
#include "cli/interrupts.h"
#include "cli/machine.h"

namespace parnas::cli {
namespace {

std::string spread_text(const bench::Quartiles& quartiles) {
    return fmt::format("{:.4g} [{:.4g}, {:.4g}]", quartiles.median, quartiles.q25, quartiles.q75);
}

Table figures_table(const bench::QualityResults& results) {
    Table table{{{"problem", "problem"},
                 {"strategy", "strategy"},
                 {"direction", "goal"},
                 {"trials", "trials"},
                 {"seeds", "seeds"},
                 {"score", "median [quartiles]"},
                 {"seconds", "seconds"},
                 {"optuna", "Optuna's best"},
                 {"optuna_score", "median [quartiles]"},
                 {"better", "better"},
                 {"p", "p"}},
                {}};
    for (const bench::QualityFigure& each : results.figures) {
        std::vector<Scalar> row{each.problem,
                                each.strategy,
                                std::string(to_string(each.direction)),
                                each.trials,
                                static_cast<std::int64_t>(each.scores.size()),
                                spread_text(bench::quartiles(each.scores)),
                                bench::quartiles(each.seconds).median};
        if (each.optuna) {
            const bench::SignTest test =
                bench::sign_test(each.scores, each.optuna->median, each.direction);
            row.insert(row.end(),
                       {each.optuna->sampler,
                        spread_text({each.optuna->q25, each.optuna->median, each.optuna->q75}),
                        fmt::format("{} of {}", test.better, each.scores.size()),
                        test.p});
        } else {
            row.insert(row.end(), {Scalar(), Scalar(), Scalar(), Scalar()});
        }
        table.rows.push_back(std::move(row));
    }
    return table;
}

Json to_json(const bench::QualityFigure& figure) {
    const bench::Quartiles score = bench::quartiles(figure.scores);
    Json json{{"problem", figure.problem},
              {"strategy", figure.strategy},
              {"trials", figure.trials},
              {"direction", to_string(figure.direction)},
              {"scores", figure.scores},
              {"median", score.median},
              {"q25", score.q25},
              {"q75", score.q75},
              {"seconds", figure.seconds}};
    if (figure.optuna) {
        const bench::SignTest test =
            bench::sign_test(figure.scores, figure.optuna->median, figure.direction);
        json["optuna"] = {{"sampler", figure.optuna->sampler},
                          {"seeds", figure.optuna->seeds},
                          {"median", figure.optuna->median},
                          {"q25", figure.optuna->q25},
                          {"q75", figure.optuna->q75},
                          {"better", test.better},
                          {"worse", test.worse},
                          {"p", test.p}};
    }
    return json;
}

}  // namespace

int run(const BenchQualityOptions& options, const GlobalOptions&, Console& console) {
    const Interrupts interrupts;
    const search::Registries registries = make_registries();
    Counter counter(console, "search");
    const bench::QualityResults results =
        bench::run_quality({.data = options.data,
                            .problems = options.problems,
                            .strategies = options.strategies,
                            .seeds = static_cast<int>(options.seeds),
                            .first_seed = options.first_seed,
                            .trials = options.trials,
                            .threads = static_cast<int>(options.threads.value_or(usable_cores()))},
                           registries,
                           interrupts.token(),
                           [&](std::size_t done, std::size_t all) { counter.show(done, all); });
    if (console.output == OutputFormat::json) {
        Json figures = Json::array();
        for (const bench::QualityFigure& each : results.figures)
            figures.push_back(to_json(each));
        print(console, Json{{"figures", figures}, {"skipped", results.skipped}});
        return 0;
    }
    print(console, figures_table(results));
    if (console.output != OutputFormat::table)
        return 0;
    for (const std::string& name : results.skipped)
        console.out << fmt::format(
            "skipped {}: its table is not in {}\n", name, options.data.string());
    console.out << "\nScores are best values, or hypervolumes of several objectives. Better: seeds "
                   "beyond the median that was\nrecorded of Optuna's best sampler, p of a sign "
                   "test against it, two-sided; that median's own\nuncertainty is not in it.\n";
    return 0;
}

}  // namespace parnas::cli
