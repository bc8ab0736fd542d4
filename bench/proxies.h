// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "core/trial.h"
#include "search/registries.h"

// How well scores of untrained networks rank NAS-Bench-201's trained ones.
namespace parnas::bench {

struct ProxiesOptions {
    std::filesystem::path tables;  // folder of nb201_accuracy.csv.gz
    std::filesystem::path images;  // in CIFAR-10's binary format
    std::int64_t networks = 200;   // drawn from cell201, connected, no two isomorphic
    std::int64_t batch = 64;
    std::uint64_t seed = 0;
    int threads = 1;  // networks at a time
};

struct ProxiesResults {
    struct Scorer {
        std::string name;       // a proxy, a count, or "vote"
        double spearman = 0.0;  // with the test accuracy on CIFAR-10 after 200 epochs
        double of_size = 0.0;   // Spearman with the number of parameters
    };
    std::vector<Scorer> scorers;
    std::size_t networks = 0;
    std::size_t disconnected = 0;  // drawn besides, without scores
    Seconds cost{0};               // of scoring, summed over the networks
};

// `registries` have the LibTorch module's evaluator zero_cost. Throws Error(not_found) without
// the files, and Error(unavailable) when stopped.
ProxiesResults run_proxies(const ProxiesOptions& options,
                           const search::Registries& registries,
                           const std::stop_token& stop,
                           const std::function<void(std::size_t done, std::size_t all)>& progress);

}  // namespace parnas::bench
