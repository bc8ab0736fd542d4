// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <iterator>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "cli/commands/commands.h"
#include "cli/stores.h"
#include "cli/text/bars.h"
#include "cli/text/numbers.h"
#include "cli/trial_view.h"
#include "search/analysis/importance_json.h"

namespace parnas::cli {
namespace {

constexpr std::size_t kPairsShown = 5;
constexpr double kLeastPairShown = 0.005;  // less would be printed as 0 %

std::vector<std::string> targets_of(const store::StudySpec& study,
                                    const std::vector<store::TrialRecord>& trials,
                                    const std::optional<std::string>& asked) {
    if (!asked)
        return study.metrics;
    const std::vector<std::string> known = metric_names(study, trials, Detail::everything);
    if (std::ranges::find(known, *asked) == known.end())
        throw Error(
            ErrorKind::invalid_input,
            fmt::format(
                "no trial has the metric '{}'; known are: {}", *asked, fmt::join(known, ", ")),
            "--target");
    return {*asked};
}

search::Importance measure(const ImportanceOptions& options,
                           const store::StudySpec& study,
                           const search::Observations& seen,
                           const std::string& target) {
    if (options.method == "fanova")
        return search::fanova(seen, {.seed = options.seed});
    return search::ped_anova(seen,
                             direction_of(study, target),
                             {.quantile = options.quantile, .region = options.region});
}

Table importance_table(const std::string& target, const search::Importance& importance) {
    Table table{
        .columns = {{"metric", ""}, {"param", ""}, {"with", ""}, {"share", ""}, {"spread", ""}},
        .rows = {}};
    for (const search::ParamImportance& param : importance.params)
        table.rows.push_back({target,
                              param.name,
                              Scalar(),
                              param.share,
                              param.spread ? Scalar(*param.spread) : Scalar()});
    for (const search::PairImportance& pair : importance.pairs)
        table.rows.push_back({target, pair.first, pair.second, pair.share, pair.spread});
    return table;
}

std::string heading(const std::string& target,
                    const ImportanceOptions& options,
                    const search::Observations& seen) {
    std::string text =
        options.method == "fanova"
            ? fmt::format("{}: share of the variance that each parameter explains (fANOVA",
                          metric_label(target))
            : fmt::format("{}: what decides whether a trial is among the best {:g} %{} (PED-ANOVA",
                          metric_label(target),
                          100.0 * options.quantile,
                          options.region < 1.0
                              ? fmt::format(" of the best {:g} %", 100.0 * options.region)
                              : "");
    text += fmt::format(", {} trials", seen.size());
    if (seen.left_out > 0)
        text += fmt::format(", {} without a finite value left out", seen.left_out);
    return text + ")\n";
}

void print_bars(Console& console, const search::Importance& importance) {
    std::vector<Bar> bars;
    const double full = importance.params.front().share;
    double explained = 0.0;
    for (const search::ParamImportance& param : importance.params) {
        bars.push_back({.label = param.name, .share = param.share});
        explained += param.share;
    }
    console.out << draw(bars, full, console.columns, console.glyphs);
    if (importance.pairs.empty())
        return;
    std::vector<Bar> pairs;
    for (const search::PairImportance& pair : importance.pairs)
        if (pairs.size() < kPairsShown && pair.share >= kLeastPairShown)
            pairs.push_back(
                {.label = fmt::format("{} with {}", pair.first, pair.second), .share = pair.share});
    if (!pairs.empty())
        console.out << "\nInterplay of two parameters, beyond what each explains alone\n"
                    << draw(pairs, full, console.columns, console.glyphs);
    for (const search::PairImportance& pair : importance.pairs)
        explained += pair.share;
    console.out << fmt::format("\n{:.0f} % is interplay of more parameters, or noise.\n",
                               100.0 * std::max(0.0, 1.0 - explained));
}

}  // namespace

int run(const ImportanceOptions& options, const GlobalOptions& global, Console& console) {
    const auto store = open_to_read(global);
    const store::StudyRecord study = find_study(*store, options.study);
    const std::vector<store::TrialRecord> trials = store->trials(study.id);
    Json json = Json::array();
    Table table;
    const char* gap = "";
    for (const std::string& target : targets_of(study.spec, trials, options.target)) {
        const search::Observations seen = search::observe(study.spec, trials, target);
        search::Importance importance;
        try {
            importance = measure(options, study.spec, seen, target);
        } catch (const Error& error) {
            throw Error(error.kind(), error.what(), options.study + ": " + target);
        }
        if (console.output == OutputFormat::json) {
            json.push_back(search::importance_json(target, options.method, seen, importance));
        } else if (console.output == OutputFormat::csv) {
            Table more = importance_table(target, importance);
            table.columns = more.columns;
            std::ranges::move(more.rows, std::back_inserter(table.rows));
        } else {
            console.out << std::exchange(gap, "\n") << heading(target, options, seen);
            print_bars(console, importance);
        }
    }
    if (console.output == OutputFormat::json)
        print(console, json);
    else if (console.output == OutputFormat::csv)
        print(console, table);
    return 0;
}

}  // namespace parnas::cli
