// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "bench/summary.h"
#include "core/trial.h"
#include "search/registries.h"

// The strategy `bananas` on NAS-Bench-201's recorded table: how many trials it needs.
namespace parnas::bench {

struct Nb201ModelOptions {
    std::filesystem::path data;  // folder of nb201_accuracy.csv.gz and nb201_latency.csv.gz
    int seeds = 20;
    std::uint64_t first_seed = 0;
    int threads = 1;  // searches at a time
};

// Time of single asks, over all searches.
struct AskTimes {
    Seconds median{0};
    Seconds mean{0};
    Seconds longest{0};
};

// The validation accuracy after 200 epochs is searched. Isomorphic networks are one trial.
struct Nb201Reached {
    std::string data_set;
    std::int64_t trials = 0;  // of each search
    std::size_t searches = 0;
    std::size_t reached = 0;     // so many found the best network of all
    double median_trials = 0.0;  // until then; one more than `trials` for those that did not
    Summary accuracy;            // % of the test data, of the best found
    AskTimes asks;
};

// The same with the latency beside it, which a model predicts: the mean of what was recorded for
// isomorphic networks. As in the figures of NSGA-II each network is a trial of its own, judged by
// what was recorded for it.
struct Nb201ModelFront {
    std::string data_set;
    std::string device;
    std::int64_t trials = 0;
    Summary ratio;  // of hypervolumes, see RecordedFront
    AskTimes asks;
};

struct Nb201ModelResults {
    std::vector<Nb201Reached> reached;
    std::vector<Nb201ModelFront> fronts;
};

// Throws and reports as run_nb201().
Nb201ModelResults run_nb201_model(
    const Nb201ModelOptions& options,
    const search::Registries& registries,
    const std::stop_token& stop,
    const std::function<void(std::size_t done, std::size_t all)>& progress);

}  // namespace parnas::bench
