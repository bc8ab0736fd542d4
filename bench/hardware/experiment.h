// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "bench/hardware/hardware.h"
#include "bench/hardware/recorded_space.h"
#include "core/rng.h"

namespace parnas::bench {

// What is repeated for each seed: gives some values.
struct Experiment {
    std::int64_t seeds = 0;
    std::function<std::vector<double>(Rng rng)> run;

    // A figure from the values: their mean over `of`, summarised over seeds; or, with names for
    // `of`, that of the value with the least mean over seeds.
    struct Reading {
        HardwareFigure figure;  // all but over_seeds
        std::vector<std::size_t> of;
        std::vector<std::string> names;
    };
    std::vector<Reading> readings;
};

using SharedSpace = std::shared_ptr<const RecordedSpace>;

// Experiments of each task; `seeds` as of HardwareOptions.
std::vector<Experiment> help_experiments(SharedSpace cells, std::int64_t seeds);
std::vector<Experiment> fbnet_experiments(SharedSpace fbnet, std::int64_t seeds);
std::vector<Experiment> regression_experiments(SharedSpace cells, std::int64_t seeds);
std::vector<Experiment> coverage_experiments(const std::vector<SharedSpace>& spaces,
                                             std::int64_t seeds);
std::vector<Experiment> selection_experiments(SharedSpace cells, std::int64_t seeds);
std::vector<Experiment> transformer_experiments(const std::vector<SharedSpace>& spaces,
                                                std::int64_t seeds);
std::vector<Experiment> table_experiments(SharedSpace fbnet,
                                          const std::filesystem::path& folder,
                                          std::int64_t seeds);

// What they have in common.

// Rows whose numbers stand in `rows`.
hw_models::Samples samples_of(const RecordedSpace& space,
                              const Eigen::VectorXd& latency,
                              const std::vector<Eigen::Index>& rows);
// Some of `pool` to measure, by the space's last member.
std::vector<Eigen::Index> choose_rows(const RecordedSpace& space,
                                      const std::vector<Eigen::Index>& pool,
                                      std::size_t count,
                                      const std::vector<hw_models::KnownTarget>& known,
                                      Rng& rng);
hw_models::LatencyPredictor fit_rows(const RecordedSpace& space,
                                     const Eigen::VectorXd& latency,
                                     const std::vector<Eigen::Index>& rows,
                                     const std::vector<hw_models::KnownTarget>& known = {});
std::vector<Eigen::Index> shuffled(Eigen::Index count, Rng& rng);
double spearman_of(const Eigen::VectorXd& predicted, const Eigen::VectorXd& measured);

}  // namespace parnas::bench
