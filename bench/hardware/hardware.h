// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "bench/summary.h"

// How well latency models that are fitted to few measurements do on recorded tables.
namespace parnas::bench {

struct HardwareOptions {
    std::filesystem::path data;  // folder of the tables
    std::int64_t seeds = 10;     // of each figure; coverage has three times as many
    std::uint64_t first_seed = 0;
    int threads = 1;
    std::vector<std::string> tasks;  // some of hardware_tasks(); all if empty
};

struct HardwareFigure {
    std::string task;
    std::string subject;       // a device, a split, or what is averaged
    std::int64_t samples = 0;  // measurements of the target
    std::string metric;
    Summary over_seeds;
    std::optional<double> goal;  // at least; `ceiling`: at most
    std::optional<double> ceiling;
    bool within_standard_error = false;  // the goal is met one standard error below it

    // Half of the 95 % confidence interval of the mean over seeds.
    double margin() const { return 1.96 * over_seeds.standard_error(); }
    bool met() const;
};

// help, fbnet, regression, coverage, selection, transformers, table
std::vector<std::string> hardware_tasks();

// `progress` hears how many of how many fits are done. Throws Error(not_found) without the
// tables, Error(invalid_input) for an unknown task, Error(unavailable) when stopped.
std::vector<HardwareFigure> run_hardware(
    const HardwareOptions& options,
    const std::stop_token& stop,
    const std::function<void(std::size_t done, std::size_t all)>& progress);

}  // namespace parnas::bench
