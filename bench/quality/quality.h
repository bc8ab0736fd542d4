// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "bench/quality/recorded.h"
#include "core/trial.h"
#include "search/registries.h"

// How good searches are at equal numbers of trials, over seeds, through the ordinary driver with
// a memory store: one worker, each result told before the next proposal.
namespace parnas::bench {

struct QualityOptions {
    std::filesystem::path data;           // folder of tables, and of optuna_quality.csv if there
    std::vector<std::string> problems;    // empty: all
    std::vector<std::string> strategies;  // as in a job: "tpe", "{type: nsga2, population: 20}"
    int seeds = 20;
    std::uint64_t first_seed = 0;
    std::optional<std::int64_t> trials;  // none: as many as the problem says
    int threads = 1;                     // searches at a time
};

// One strategy on one problem.
struct QualityFigure {
    std::string problem;
    std::string strategy;
    std::int64_t trials = 0;
    Direction direction = Direction::minimize;  // of the scores
    std::vector<double> scores;                 // by seed: best value, or hypervolume
    std::vector<double> seconds;                // by seed, by the clock, with the evaluations
    std::optional<Recorded> optuna;             // its best sampler after as many trials
};

struct QualityResults {
    std::vector<QualityFigure> figures;  // by problem, then by strategy
    std::vector<std::string> skipped;    // problems whose table is not there
};

// `progress` hears how many of how many searches are done. Throws Error(unavailable) when stopped.
QualityResults run_quality(const QualityOptions& options,
                           const search::Registries& registries,
                           const std::stop_token& stop,
                           const std::function<void(std::size_t done, std::size_t all)>& progress);

}  // namespace parnas::bench
