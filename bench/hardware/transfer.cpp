// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <numeric>
#include <utility>

#include "bench/hardware/experiment.h"

namespace parnas::bench {
namespace {

using Eigen::Index;
using Eigen::VectorXd;
using hw_models::KnownTarget;

// HELP's six targets of NAS-Bench-201 (Lee et al., NeurIPS 2021, table 3).
constexpr std::array kHelpTargets{"titan_rtx_256",
                                  "gold_6226",
                                  "pixel2",
                                  "raspi4",
                                  "eyeriss",
                                  "fpga"};
constexpr Index kHelpPool = 900;  // rows before this are measured, those up to kHelpEnd tested
constexpr Index kHelpEnd = 1900;
constexpr std::size_t kCandidates = 400;

// The rows of [begin, end) without the tenth of the least and of the largest latencies.
std::vector<Index> trimmed(const VectorXd& latency, Index begin, Index end) {
    std::vector<Index> rows(static_cast<std::size_t>(end - begin));
    std::iota(rows.begin(), rows.end(), begin);
    std::ranges::stable_sort(rows, {}, [&](Index i) { return latency[i]; });
    const auto tenth = static_cast<std::ptrdiff_t>(rows.size() / 10);
    std::vector<Index> kept(rows.begin() + tenth, rows.end() - tenth);
    std::ranges::sort(kept);
    return kept;
}

std::vector<double> help_run(const RecordedSpace& cells, std::size_t count, const Rng& rng) {
    std::vector<double> trimmed_values;
    std::vector<double> whole_values;
    std::vector<Index> whole(static_cast<std::size_t>(kHelpEnd - kHelpPool));
    std::iota(whole.begin(), whole.end(), kHelpPool);
    for (const char* device : kHelpTargets) {
        const VectorXd& latency = cells.devices.at(device);
        Rng own = rng.fork(device);
        std::vector<Index> pool = trimmed(latency, 0, kHelpPool);
        own.shuffle(std::span(pool));
        pool.resize(kCandidates);
        const auto predictor = fit_rows(cells, latency, choose_rows(cells, pool, count, {}, own));
        const auto judge = [&](const std::vector<Index>& rows) {
            return spearman_of(predictor.predict(cells.rows(rows, Eigen::all)).mean, latency(rows));
        };
        trimmed_values.push_back(judge(trimmed(latency, kHelpPool, kHelpEnd)));
        whole_values.push_back(judge(whole));
    }
    trimmed_values.insert(trimmed_values.end(), whole_values.begin(), whole_values.end());
    return trimmed_values;
}

// FBNet's tasks of NASFLAT (Akhauri and Abdelfattah, MLSys 2024): known targets, new ones, and the
// best of the published mean rank correlations (HELP, MultiPredict, NASFLAT).
struct Transfer {
    const char* name;
    std::vector<std::string> known;
    std::vector<std::string> targets;
    double published;
};

const std::vector<Transfer>& transfers() {
    static const std::vector<Transfer> all{
        {"FD",
         {"1080ti_1",
          "1080ti_32",
          "1080ti_64",
          "silver_4114",
          "silver_4210r",
          "samsung_a50",
          "pixel3",
          "essential_ph_1",
          "samsung_s7"},
         {"fpga", "raspi4", "eyeriss"},
         0.961},
        {"F1",
         {"2080ti_1", "essential_ph_1", "silver_4114", "titan_rtx_1", "titan_rtx_32"},
         {"eyeriss", "fpga", "raspi4", "samsung_a50", "samsung_s7"},
         0.809},
        {"F2",
         {"essential_ph_1", "gold_6226", "gold_6240", "pixel3", "raspi4"},
         {"1080ti_1", "1080ti_32", "2080ti_32", "titan_rtx_1", "titanxp_1"},
         0.871},
        {"F3",
         {"essential_ph_1", "pixel2", "pixel3", "raspi4", "samsung_s7"},
         {"1080ti_1", "1080ti_32", "2080ti_1", "titan_rtx_1", "titan_rtx_32"},
         0.814},
        {"F4",
         {"1080ti_64",
          "2080ti_1",
          "eyeriss",
          "gold_6226",
          "gold_6240",
          "raspi4",
          "samsung_s7",
          "silver_4210r",
          "titan_rtx_1",
          "titan_rtx_32"},
         {"1080ti_1", "pixel2", "essential_ph_1"},
         0.799},
        {"FA",
         {"1080ti_1",
          "1080ti_32",
          "1080ti_64",
          "2080ti_1",
          "2080ti_32",
          "2080ti_64",
          "titan_rtx_1",
          "titan_rtx_32",
          "titan_rtx_64",
          "titanx_1",
          "titanx_32",
          "titanx_64",
          "titanxp_1",
          "titanxp_32",
          "titanxp_64"},
         {"gold_6226", "essential_ph_1", "samsung_s7", "pixel2"},
         0.577}};
    return all;
}

constexpr std::size_t kKnownRows = 800;  // measured on each known target
constexpr std::size_t kTransferPool = 1000;
constexpr std::size_t kTransferSamples = 20;
constexpr double kTransferGoal = 0.88;  // of the mean over tasks

// From 800 rows by their positions alone.
KnownTarget known_device(const RecordedSpace& space, const std::string& device, Rng rng) {
    const Index first = space.schema.first_column("positions");
    const auto width = static_cast<Index>(space.schema.block("positions").columns.size());
    std::vector<Index> rows = shuffled(space.size(), rng);
    rows.resize(kKnownRows);
    hw_models::Samples samples = samples_of(space, space.devices.at(device), rows);
    samples.features = hw_models::FeatureRows(samples.features.middleCols(first, width));
    const hw_models::AdditiveLatency narrow =
        hw_models::fit_additive_latency(samples,
                                        {.mean = space.reference.mean.segment(first, width),
                                         .spread = space.reference.spread.segment(first, width)});
    hw_models::AdditiveLatency latency{.constant = narrow.constant,
                                       .weights = VectorXd::Zero(space.rows.cols())};
    latency.weights.segment(first, width) = narrow.weights;
    return hw_models::known_target(device, std::move(latency), space.rows);
}

// The mean over a task's targets.
double transfer_run(const RecordedSpace& fbnet, const Transfer& task, const Rng& rng) {
    std::vector<KnownTarget> known;
    for (const std::string& device : task.known)
        known.push_back(known_device(fbnet, device, rng.fork(device)));
    Rng own = rng.fork(task.name);
    std::vector<Index> rows = shuffled(fbnet.size(), own);
    const std::vector<Index> test(rows.begin() + kTransferPool, rows.end());
    rows.resize(kTransferPool);
    const std::vector<Index> probes = choose_rows(fbnet, rows, kTransferSamples, known, own);
    const hw_models::FeatureRows asked = fbnet.rows(test, Eigen::all);
    double sum = 0.0;
    for (const std::string& device : task.targets) {
        const VectorXd& latency = fbnet.devices.at(device);
        const auto predictor = fit_rows(fbnet, latency, probes, known);
        sum += spearman_of(predictor.predict(asked).mean, latency(test));
    }
    return sum / static_cast<double>(task.targets.size());
}

}  // namespace

std::vector<Experiment> help_experiments(SharedSpace cells, std::int64_t seeds) {
    struct Goal {
        std::size_t samples;
        double trimmed;
        double whole;
    };
    std::vector<Experiment> experiments;
    for (const Goal& goal : {Goal{10, 0.930, 0.955}, Goal{20, 0.945, 0.968}}) {
        Experiment experiment{
            .seeds = seeds,
            .run = [cells, goal](Rng rng) { return help_run(*cells, goal.samples, rng); },
            .readings = {}};
        constexpr std::size_t kCount = kHelpTargets.size();
        const auto add = [&](std::string subject,
                             std::string metric,
                             std::vector<std::size_t> of,
                             std::optional<double> least) {
            experiment.readings.push_back(
                {.figure = {.task = "help",
                            .subject = std::move(subject),
                            .samples = static_cast<std::int64_t>(goal.samples),
                            .metric = std::move(metric),
                            .over_seeds = {},
                            .goal = least,
                            .ceiling = {}},
                 .of = std::move(of)});
        };
        std::vector<std::size_t> first(kCount);
        std::iota(first.begin(), first.end(), std::size_t{0});
        std::vector<std::size_t> second(kCount);
        std::iota(second.begin(), second.end(), kCount);
        add("mean of six", "spearman", first, goal.trimmed);
        add("mean of six", "spearman, untrimmed", second, goal.whole);
        for (std::size_t i = 0; i < kCount; ++i)
            add(kHelpTargets[i], "spearman", {i}, {});
        experiments.push_back(std::move(experiment));
    }
    return experiments;
}

std::vector<Experiment> fbnet_experiments(SharedSpace fbnet, std::int64_t seeds) {
    Experiment experiment{.seeds = seeds,
                          .run =
                              [fbnet](Rng rng) {
                                  std::vector<double> values;
                                  for (const Transfer& task : transfers())
                                      values.push_back(transfer_run(*fbnet, task, rng));
                                  return values;
                              },
                          .readings = {}};
    const auto add = [&](std::string subject, std::vector<std::size_t> of, double goal) {
        experiment.readings.push_back({.figure = {.task = "fbnet",
                                                  .subject = std::move(subject),
                                                  .samples = kTransferSamples,
                                                  .metric = "spearman",
                                                  .over_seeds = {},
                                                  .goal = goal,
                                                  .ceiling = {}},
                                       .of = std::move(of)});
    };
    std::vector<std::size_t> all(transfers().size());
    std::iota(all.begin(), all.end(), std::size_t{0});
    add("mean of six tasks", all, kTransferGoal);
    for (std::size_t i = 0; i < all.size(); ++i)
        add(transfers()[i].name, {i}, transfers()[i].published);
    return {std::move(experiment)};
}

}  // namespace parnas::bench
