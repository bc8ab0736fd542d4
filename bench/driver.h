// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "search/registries.h"

// How many trials a second the driver can record in a SQLite file, when evaluations take no
// time, next to what SQLite itself can on the same disk in the same run.
namespace parnas::bench {

struct DriverOptions {
    std::filesystem::path folder;  // for temporary files; on the disk that is measured
    std::int64_t trials = 10'000;  // of each measurement, with 10 parameters each
    int rounds = 5;                // in turns, so that all see the same neighbours
};

// Trials a second over the rounds.
struct DriverFigure {
    std::string what;        // "search" or "sqlite"
    std::int64_t batch = 0;  // the search's lag; trials in a transaction of SQLite's
    double median = 0.0;
    double low = 0.0;
    double high = 0.0;
    // Median over the rounds of this figure over SQLite's in large batches.
    double ratio = 0.0;
};

// Throws Error(unavailable) when stopped, and what the store throws.
std::vector<DriverFigure> run_driver(
    const DriverOptions& options,
    const search::Registries& registries,
    const std::stop_token& stop,
    const std::function<void(std::size_t done, std::size_t all)>& progress);

}  // namespace parnas::bench
