// SPDX-License-Identifier: Apache-2.0
#include "bench/nb201.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "bench/nb201_expected.h"
#include "bench/parallel.h"
#include "bench/recorded_front.h"
#include "bench/search_once.h"

namespace parnas::bench {
namespace {

constexpr std::array<std::int64_t, 2> kTrials{200, 500};

struct DataSet {
    std::string_view name;
    std::string_view column;  // prefix in the table
    double budget_s = 0.0;
};
constexpr std::array<DataSet, 3> kDataSets{{
    {"cifar10", "c10", 20'000},
    {"cifar100", "c100", 40'000},
    {"imagenet16", "in16", 120'000},
}};

// Twelve epochs and a validation pass, which takes 0.35 of an epoch's time.
constexpr double kEpochs = 12.35;

// One search at a time sees each result before it proposes the next, and pays for
// repetitions.
Json job_of(const Json& evaluator, const Json& strategy) {
    return {{"name", "nb201"},
            {"space", "cell201"},
            {"evaluator", evaluator},
            {"strategy", strategy},
            {"lag", 1},
            {"workers", 1},
            {"reuse", "none"}};
}

Json search_job(const DataSet& data_set, std::string_view method) {
    Json evaluator = nb201_table({"nb201_accuracy.csv.gz"},
                                 {{"accuracy", fmt::format("{}_val12", data_set.column)},
                                  {"test_accuracy", fmt::format("{}_test200", data_set.column)}});
    evaluator["cost"] = fmt::format("{} * {}_train_s_per_epoch", kEpochs, data_set.column);
    Json strategy = {{"type", method}};
    if (method == "regularized_evolution")
        strategy.update({{"population", 10}, {"sample", 3}, {"mutate", "block"}});
    if (method != "local_search")
        strategy["repeats"] = true;
    Json job = job_of(evaluator, strategy);
    job["objectives"] = {{"accuracy", "maximize"}};
    job["budget"] = {{"cost", data_set.budget_s}};
    return job;
}

Json front_job(const DataSet& data_set, std::string_view device) {
    const Json tables = {"nb201_accuracy.csv.gz",
                         {{"file", "nb201_latency.csv.gz"}, {"on", "index"}}};
    Json job = job_of(nb201_table(tables,
                                  {{"error", fmt::format("100 - {}_val200", data_set.column)},
                                   {"latency_ms", fmt::format("help_{}_ms", device)}}),
                      {{"type", "nsga2"}, {"population", 20}});
    job["objectives"] = {{"error", "minimize"}, {"latency_ms", "minimize"}};
    job["budget"] = {{"trials", kTrials.back()}};
    return job;
}

// --- NATS-Bench's protocol ------------------------------------------------------------------

struct Found {
    double accuracy = 0.0;
    std::int64_t trials = 0;
};

// The last trial, which exceeds the budget, does not count.
Found best_within(Seconds budget, const std::vector<store::TrialRecord>& trials) {
    Found found;
    double best = -1.0;
    Seconds spent{0};
    for (const store::TrialRecord& trial : trials) {
        spent += trial.cost;
        if (spent > budget)
            break;
        ++found.trials;
        if (trial.values.at(0) > best) {
            best = trial.values[0];
            found.accuracy = trial.metrics.at("test_accuracy");
        }
    }
    return found;
}

struct PlannedSearch {
    Nb201Search figure;
    search::PreparedStudy study;
    std::vector<Found> found;  // by seed
};

std::vector<PlannedSearch> plan_searches(Preparation& preparation, std::size_t seeds) {
    std::vector<PlannedSearch> planned;
    for (const ExpectedSearch& expected : kExpectedSearches)
        for (std::size_t i = 0; i < kDataSets.size(); ++i)
            planned.push_back(
                {.figure = {.method = std::string(expected.method),
                            .data_set = std::string(kDataSets[i].name),
                            .budget = Seconds(kDataSets[i].budget_s),
                            .expected = expected.accuracy[i]},
                 .study = preparation.prepare(search_job(kDataSets[i], expected.method)),
                 .found = std::vector<Found>(seeds)});
    return planned;
}

void summarise_search(PlannedSearch& search) {
    std::vector<double> accuracies;
    for (const Found& found : search.found) {
        accuracies.push_back(found.accuracy);
        search.figure.trials += static_cast<double>(found.trials);
    }
    search.figure.trials /= static_cast<double>(search.found.size());
    search.figure.accuracy = summarise(accuracies);
}

// --- Fronts ---------------------------------------------------------------------------------

using Ratios = std::array<double, kTrials.size()>;

struct PlannedFront {
    const ExpectedFront& expected;
    search::PreparedStudy study;
    RecordedFront exact;
    std::vector<Ratios> ratios;  // by seed
};

std::vector<PlannedFront> plan_fronts(Preparation& preparation, std::size_t seeds) {
    std::vector<PlannedFront> planned;
    for (const ExpectedFront& expected : kExpectedFronts) {
        search::PreparedStudy study =
            preparation.prepare(front_job(kDataSets[expected.data_set], expected.device));
        RecordedFront exact(study);
        planned.push_back({.expected = expected,
                           .study = std::move(study),
                           .exact = std::move(exact),
                           .ratios = std::vector<Ratios>(seeds)});
    }
    return planned;
}

Ratios hypervolume_ratios(const RecordedFront& exact,
                          const std::vector<store::TrialRecord>& trials) {
    Ratios ratios{};
    std::vector<search::Point> points;
    for (std::size_t i = 0; i < kTrials.size(); ++i) {
        while (points.size() < std::min(trials.size(), static_cast<std::size_t>(kTrials[i])))
            points.push_back(trials[points.size()].values);
        ratios[i] = exact.ratio(points);
    }
    return ratios;
}

void add_figures(const PlannedFront& front, Nb201Results& results) {
    const std::string data_set(kDataSets[front.expected.data_set].name);
    const std::string device(front.expected.device);
    results.fronts.push_back({.data_set = data_set,
                              .device = device,
                              .size = front.exact.size(),
                              .expected = front.expected.size});
    for (std::size_t i = 0; i < kTrials.size(); ++i) {
        std::vector<double> ratios;
        for (const Ratios& each : front.ratios)
            ratios.push_back(each[i]);
        results.hypervolumes.push_back({.data_set = data_set,
                                        .device = device,
                                        .trials = kTrials[i],
                                        .ratio = summarise(ratios),
                                        .expected = front.expected.nsga2[i]});
    }
}

}  // namespace

Json nb201_table(const Json& files, const Json& metrics) {
    return {
        {"type", "tabular"},
        {"tables", files},
        {"key",
         {{"ops",
           "{cell.node1.from0}{cell.node2.from0}{cell.node2.from1}"
           "{cell.node3.from0}{cell.node3.from1}{cell.node3.from2}"}}},
        {"values",
         {{"none", "0"}, {"skip", "1"}, {"conv1x1", "2"}, {"conv3x3", "3"}, {"avgpool3x3", "4"}}},
        {"metrics", metrics}};
}

bool Nb201Search::agrees() const {
    return std::abs(accuracy.mean - expected) <= 3.0 * accuracy.standard_error();
}

Nb201Results run_nb201(const Nb201Options& options,
                       const search::Registries& registries,
                       const std::stop_token& stop,
                       const std::function<void(std::size_t done, std::size_t all)>& progress) {
    Nb201Results results;
    const auto seeds = static_cast<std::size_t>(options.seeds);
    const std::size_t searches = kExpectedSearches.size() * kDataSets.size() * seeds;
    const std::size_t all = searches + kExpectedFronts.size() * seeds;

    const auto start = std::chrono::steady_clock::now();
    Preparation preparation(options.data, registries, stop);
    std::vector<PlannedSearch> planned = plan_searches(preparation, seeds);
    in_parallel(
        searches,
        options.threads,
        stop,
        [&](std::size_t i) {
            PlannedSearch& search = planned[i / seeds];
            search.found[i % seeds] =
                best_within(search.figure.budget, search_once(search.study, i % seeds, stop));
        },
        [&](std::size_t done) { progress(done, all); });
    results.search_time = std::chrono::steady_clock::now() - start;
    for (PlannedSearch& search : planned) {
        summarise_search(search);
        for (const Found& found : search.found)
            results.search_trials += found.trials;
        results.searches.push_back(std::move(search.figure));
    }

    std::vector<PlannedFront> fronts = plan_fronts(preparation, seeds);
    in_parallel(
        all - searches,
        options.threads,
        stop,
        [&](std::size_t i) {
            PlannedFront& front = fronts[i / seeds];
            front.ratios[i % seeds] =
                hypervolume_ratios(front.exact, search_once(front.study, i % seeds, stop));
        },
        [&](std::size_t done) { progress(searches + done, all); });
    for (const PlannedFront& front : fronts)
        add_figures(front, results);
    return results;
}

}  // namespace parnas::bench
