// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "bench/summary.h"
#include "core/json.h"
#include "core/trial.h"
#include "search/registries.h"

// Searches on NAS-Bench-201's recorded table (Dong and Yang, ICLR 2020), through the ordinary
// driver with a memory store, against figures that others computed from the same table.
namespace parnas::bench {

struct Nb201Options {
    std::filesystem::path data;  // folder of nb201_accuracy.csv.gz and nb201_latency.csv.gz
    int seeds = 200;             // searches for each figure
    int threads = 1;             // searches at a time
};

// NATS-Bench's protocol (Dong et al., IEEE TPAMI 44(7), 2022): the validation accuracy after 12
// epochs is searched for a simulated time; told is the test accuracy after 200 epochs of the
// best.
struct Nb201Search {
    std::string method;    // as in a job: "random"
    std::string data_set;  // "cifar10", "cifar100", "imagenet16"
    Seconds budget{0};     // simulated
    Summary accuracy;      // % of the test data
    double trials = 0.0;   // of one search, mean
    double expected = 0.0;

    // Within three standard errors.
    bool agrees() const;
};

// The exact front of error and latency over all 15,625 networks.
struct Nb201Front {
    std::string data_set;
    std::string device;
    std::size_t size = 0;
    std::size_t expected = 0;

    bool agrees() const { return size == expected; }
};

// The hypervolume that NSGA-II reaches, as a share of the exact front's: both axes scaled by that
// front's ends, reference (1.1, 1.1).
struct Nb201Hypervolume {
    std::string data_set;
    std::string device;
    std::int64_t trials = 0;
    Summary ratio;
    double expected = 0.0;  // at least, but for 0.01

    bool agrees() const { return ratio.mean >= expected - 0.01; }
};

struct Nb201Results {
    std::vector<Nb201Search> searches;
    Seconds search_time{0};  // of all these searches, by the clock, with loading the tables
    std::int64_t search_trials = 0;
    std::vector<Nb201Front> fronts;
    std::vector<Nb201Hypervolume> hypervolumes;
};

// The tabular evaluator's options for these tables, each a file's name or {file, on}, and metrics
// of their columns.
Json nb201_table(const Json& tables, const Json& metrics);

// `progress` hears how many of how many searches are done. Throws Error(not_found) without the
// tables, and Error(unavailable) when stopped.
Nb201Results run_nb201(const Nb201Options& options,
                       const search::Registries& registries,
                       const std::stop_token& stop,
                       const std::function<void(std::size_t done, std::size_t all)>& progress);

}  // namespace parnas::bench
