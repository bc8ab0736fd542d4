// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "bench/hardware/experiment.h"
#include "core/error.h"
#include "evaluators/tabular/table.h"
#include "hw_models/fitting/regression_metrics.h"

namespace parnas::bench {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

// Shares within 10 % of the best of seven baselines: lines on multiply-adds, ridges on counts of
// ops, on ops by edge and on both, boosted trees, extremely randomised trees and a Gaussian
// process.
struct Row {
    const char* device;
    std::size_t samples;
    double best;
};
constexpr std::array kRows{Row{"titan_rtx_256", 25, 1.0},
                           Row{"eyeriss", 25, 1.0},
                           Row{"fpga", 25, 1.0},
                           Row{"1080ti_1", 25, 0.998},
                           Row{"gold_6226", 25, 0.91},
                           Row{"gold_6226", 100, 0.93},
                           Row{"gold_6226", 900, 0.95},
                           Row{"pixel3", 900, 0.62},
                           Row{"raspi4", 900, 0.64},
                           Row{"pixel2", 900, 0.47}};
constexpr std::size_t kTestRows = 4000;

std::span<const double> view(const VectorXd& values) {
    return {values.data(), static_cast<std::size_t>(values.size())};
}

// Tested on rows that are not isomorphic to any that was measured.
std::vector<double> regression_run(const RecordedSpace& cells, const Row& row, Rng rng) {
    std::vector<Index> rows = shuffled(cells.size(), rng);
    const std::vector<Index> measured(rows.begin(),
                                      rows.begin() + static_cast<std::ptrdiff_t>(row.samples));
    const auto class_of = [&](Index i) { return cells.classes[static_cast<std::size_t>(i)]; };
    std::set<std::int64_t> seen;
    for (const Index i : measured)
        seen.insert(class_of(i));
    std::vector<Index> test;
    for (const Index i : rows)
        if (test.size() < kTestRows && !seen.contains(class_of(i)))
            test.push_back(i);
    const VectorXd& latency = cells.devices.at(row.device);
    const VectorXd said =
        fit_rows(cells, latency, measured).predict(cells.rows(test, Eigen::all)).mean;
    const hw_models::RegressionMetrics metrics =
        hw_models::judge_predictions(view(said), view(latency(test)));
    return {metrics.within_10,
            metrics.within_5,
            metrics.mean_error,
            metrics.spearman,
            metrics.kendall,
            static_cast<double>(count_folded(latency))};
}

// Of two spaces' tables, or more: how many of 300 new measurements lie in the interval, for each
// device.
std::vector<double> coverage_run(const std::vector<SharedSpace>& spaces,
                                 std::size_t count,
                                 const Rng& rng) {
    constexpr std::size_t kPool = 1000;
    constexpr std::size_t kTest = 300;
    std::vector<double> shares;
    for (const SharedSpace& space : spaces) {
        Rng own = rng.fork(space->name);
        std::vector<Index> rows = shuffled(space->size(), own);
        const std::vector<Index> test(rows.begin() + kPool, rows.begin() + kPool + kTest);
        rows.resize(kPool);
        const std::vector<Index> probes = choose_rows(*space, rows, count, {}, own);
        const hw_models::FeatureRows asked = space->rows(test, Eigen::all);
        for (const auto& [name, latency] : space->devices) {
            const auto said = fit_rows(*space, latency, probes).predict(asked);
            shares.push_back(
                hw_models::coverage(view(said.low), view(said.high), view(latency(test))));
        }
    }
    return shares;
}

}  // namespace

std::vector<Experiment> regression_experiments(SharedSpace cells, std::int64_t seeds) {
    std::vector<Experiment> experiments;
    for (const Row& row : kRows) {
        Experiment experiment{
            .seeds = seeds,
            .run = [cells, row](Rng rng) { return regression_run(*cells, row, rng); },
            .readings = {}};
        const std::array metrics{
            "within 10 %", "within 5 %", "mean error", "spearman", "kendall", "folded networks"};
        for (std::size_t i = 0; i < metrics.size(); ++i)
            experiment.readings.push_back(
                {.figure = {.task = "regression",
                            .subject = row.device,
                            .samples = static_cast<std::int64_t>(row.samples),
                            .metric = metrics[i],
                            .over_seeds = {},
                            .goal = i == 0 ? std::optional(row.best) : std::nullopt,
                            .ceiling = {},
                            .within_standard_error = i == 0},
                 .of = {i}});
        experiments.push_back(std::move(experiment));
    }
    return experiments;
}

std::vector<Experiment> coverage_experiments(const std::vector<SharedSpace>& spaces,
                                             std::int64_t seeds) {
    std::vector<std::string> devices;
    for (const SharedSpace& space : spaces)
        for (const auto& [name, latency] : space->devices)
            devices.push_back(space->name + " " + name);
    std::vector<std::size_t> all(devices.size());
    std::iota(all.begin(), all.end(), std::size_t{0});
    std::vector<Experiment> experiments;
    for (const std::size_t count : {10, 20}) {
        Experiment experiment{
            .seeds = seeds,
            .run = [spaces, count](Rng rng) { return coverage_run(spaces, count, rng); },
            .readings = {}};
        HardwareFigure figure{.task = "coverage",
                              .subject = fmt::format("{} devices", devices.size()),
                              .samples = static_cast<std::int64_t>(count),
                              .metric = "share in 90 % intervals",
                              .over_seeds = {},
                              .goal = 0.87,
                              .ceiling = 0.93};
        experiment.readings.push_back({.figure = figure, .of = all});
        figure.subject = "worst device";
        figure.goal = 0.80;
        figure.ceiling = {};
        experiment.readings.push_back({.figure = figure, .of = all, .names = devices});
        experiments.push_back(std::move(experiment));
    }
    return experiments;
}

std::vector<Experiment> transformer_experiments(const std::vector<SharedSpace>& spaces,
                                                std::int64_t seeds) {
    // Mean errors of HAT's released predictors on these tables, most of whose rows they were
    // trained on; a point more is allowed, on the Raspberry Pi nothing.
    constexpr std::array kCeilings{0.0088, 0.0399 + 0.01, 0.0190 + 0.01};
    constexpr std::size_t kSamples = 100;
    std::vector<Experiment> experiments;
    for (std::size_t i = 0; i < spaces.size(); ++i)
        experiments.push_back(
            {.seeds = seeds,
             .run = [space = spaces[i]](Rng rng) -> std::vector<double> {
                 std::vector<Index> rows = shuffled(space->size(), rng);
                 const std::vector<Index> test(rows.begin() + kSamples, rows.end());
                 rows.resize(kSamples);
                 const VectorXd& latency = space->devices.begin()->second;
                 const VectorXd said =
                     fit_rows(*space, latency, rows).predict(space->rows(test, Eigen::all)).mean;
                 return {(said.cwiseQuotient(latency(test)).array() - 1.0).abs().mean()};
             },
             .readings = {{.figure = {.task = "transformers",
                                      .subject = spaces[i]->name,
                                      .samples = kSamples,
                                      .metric = "mean error",
                                      .over_seeds = {},
                                      .goal = {},
                                      .ceiling = kCeilings.at(i)},
                           .of = {0}}}});
    return experiments;
}

}  // namespace parnas::bench
