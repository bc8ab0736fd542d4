// SPDX-License-Identifier: Apache-2.0
#include "bench/nb201_model.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <numeric>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "bench/nb201.h"
#include "bench/parallel.h"
#include "bench/recorded_front.h"
#include "bench/search_once.h"
#include "search/strategy.h"

namespace parnas::bench {
namespace {

struct TableColumn {
    std::string_view name;
    std::string_view column;  // prefix in the table
};
constexpr std::array<TableColumn, 2> kReached{{{"cifar10", "c10"}, {"cifar100", "c100"}}};
constexpr std::int64_t kReachedTrials = 75;

struct Front {
    TableColumn data_set;
    std::string_view device;
};
constexpr std::array<Front, 3> kFronts{{{{"cifar10", "c10"}, "raspi4"},
                                        {{"cifar100", "c100"}, "raspi4"},
                                        {{"cifar100", "c100"}, "fpga"}}};
constexpr std::int64_t kFrontTrials = 100;

Json job_of(const Json& evaluator,
            const Json& objectives,
            std::int64_t trials,
            std::string_view reuse) {
    return {{"name", "nb201"},
            {"space", "cell201"},
            {"evaluator", evaluator},
            {"strategy", {{"type", "bananas"}}},
            {"objectives", objectives},
            {"budget", {{"trials", trials}}},
            {"lag", 1},
            {"workers", 1},
            {"reuse", reuse}};
}

Json reached_job(const TableColumn& data_set) {
    return job_of(nb201_table({"nb201_accuracy.csv.gz"},
                              {{"accuracy", fmt::format("{}_val200", data_set.column)},
                               {"test_accuracy", fmt::format("{}_test200", data_set.column)}}),
                  {{"accuracy", "maximize"}},
                  kReachedTrials,
                  "architecture");
}

Json front_job(const Front& front) {
    const Json tables = {"nb201_accuracy.csv.gz",
                         {{"file", "nb201_latency.csv.gz"}, {"on", "index"}}};
    return job_of(nb201_table(tables,
                              {{"error", fmt::format("100 - {}_val200", front.data_set.column)},
                               {"latency_ms", fmt::format("help_{}_ms", front.device)}}),
                  {{"error", "minimize"}, {"latency_ms", "minimize"}},
                  kFrontTrials,
                  "none");
}

// Foretells a network's latency as it was recorded. Isomorphic networks were measured apart and
// differ, by up to ten times, so a model of the simplified network could not.
search::Predict recorded_latency(const search::PreparedStudy& study) {
    return [evaluator = study.evaluator, space = study.space](const Genotype& genotype) {
        const Outcome outcome = evaluator->evaluate({.genotype = genotype}, {.space = *space});
        const Metrics& metrics = std::get<Measurement>(outcome).metrics;
        return search::Predicted{.metrics = {{"latency_ms", metrics.at("latency_ms")}}};
    };
}

// Notes how long each ask takes, and knows what is foretold.
class ObservedStrategy final : public search::Strategy {
  public:
    ObservedStrategy(std::unique_ptr<search::Strategy> inner,
                     search::Predict predict,
                     std::vector<Seconds>& times)
        : inner_(std::move(inner)), predict_(std::move(predict)), times_(times) {}

    search::Step next(const search::AskContext& context) override {
        search::AskContext knowing = context;
        knowing.predict = predict_;
        const auto start = std::chrono::steady_clock::now();
        search::Step step = inner_->next(knowing);
        times_.emplace_back(std::chrono::steady_clock::now() - start);
        return step;
    }
    void tell(std::span<const search::Finished> finished) override { inner_->tell(finished); }
    bool has_phases() const override { return inner_->has_phases(); }

  private:
    std::unique_ptr<search::Strategy> inner_;
    search::Predict predict_;
    std::vector<Seconds>& times_;
};

struct Searched {
    std::vector<store::TrialRecord> trials;
    std::vector<Seconds> asks;
};

// `predict` may be empty.
Searched search_observed(search::PreparedStudy study,
                         const search::Predict& predict,
                         std::uint64_t seed,
                         const std::stop_token& stop) {
    Searched searched;
    study.strategy = [inner = study.strategy, &predict, &searched](
                         ObjectReader& options, const search::SamplerSetup& setup) {
        return std::make_unique<ObservedStrategy>(inner(options, setup), predict, searched.asks);
    };
    searched.trials = search_once(std::move(study), seed, stop);
    return searched;
}

AskTimes ask_times(const std::vector<Searched>& searches) {
    std::vector<Seconds> all;
    for (const Searched& each : searches)
        all.insert(all.end(), each.asks.begin(), each.asks.end());
    std::ranges::sort(all);
    return {.median = all[all.size() / 2],
            .mean = std::accumulate(all.begin(), all.end(), Seconds{0}) /
                    static_cast<double>(all.size()),
            .longest = all.back()};
}

Nb201Reached reached(const TableColumn& data_set,
                     const search::PreparedStudy& study,
                     const std::vector<Searched>& searches) {
    Nb201Reached figure{.data_set = std::string(data_set.name),
                        .trials = kReachedTrials,
                        .searches = searches.size(),
                        .asks = ask_times(searches)};
    double optimum = 0.0;
    for (const Metrics& each : every_result(study))
        optimum = std::max(optimum, each.at("accuracy"));
    std::vector<double> needed;
    std::vector<double> accuracies;
    for (const Searched& search : searches) {
        const auto best = std::ranges::max_element(
            search.trials, {}, [](const store::TrialRecord& trial) { return trial.values.at(0); });
        const bool found = best->values[0] == optimum;
        figure.reached += found ? 1 : 0;
        needed.push_back(static_cast<double>((found ? best->number : kReachedTrials) + 1));
        accuracies.push_back(best->metrics.at("test_accuracy"));
    }
    std::ranges::sort(needed);
    figure.median_trials = 0.5 * (needed[(needed.size() - 1) / 2] + needed[needed.size() / 2]);
    figure.accuracy = summarise(accuracies);
    return figure;
}

Nb201ModelFront front(const Front& front,
                      const search::PreparedStudy& study,
                      const std::vector<Searched>& searches) {
    const RecordedFront exact(study);
    std::vector<double> ratios;
    for (const Searched& search : searches) {
        std::vector<search::Point> points;
        for (const store::TrialRecord& trial : search.trials)
            points.push_back(trial.values);
        ratios.push_back(exact.ratio(std::move(points)));
    }
    return {.data_set = std::string(front.data_set.name),
            .device = std::string(front.device),
            .trials = kFrontTrials,
            .ratio = summarise(ratios),
            .asks = ask_times(searches)};
}

}  // namespace

Nb201ModelResults run_nb201_model(
    const Nb201ModelOptions& options,
    const search::Registries& registries,
    const std::stop_token& stop,
    const std::function<void(std::size_t done, std::size_t all)>& progress) {
    const auto seeds = static_cast<std::size_t>(options.seeds);
    const std::size_t all = (kReached.size() + kFronts.size()) * seeds;
    std::size_t before = 0;
    const auto search_all = [&](const search::PreparedStudy& study,
                                const search::Predict& predict) {
        std::vector<Searched> searches(seeds);
        in_parallel(
            seeds,
            options.threads,
            stop,
            [&](std::size_t i) {
                searches[i] = search_observed(study, predict, options.first_seed + i, stop);
            },
            [&](std::size_t done) { progress(before + done, all); });
        before += seeds;
        return searches;
    };
    Preparation preparation(options.data, registries, stop);

    Nb201ModelResults results;
    for (const TableColumn& data_set : kReached) {
        const search::PreparedStudy study = preparation.prepare(reached_job(data_set));
        results.reached.push_back(reached(data_set, study, search_all(study, {})));
    }
    for (const Front& each : kFronts) {
        const search::PreparedStudy study = preparation.prepare(front_job(each));
        results.fronts.push_back(front(each, study, search_all(study, recorded_latency(study))));
    }
    return results;
}

}  // namespace parnas::bench
