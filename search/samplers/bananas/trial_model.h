// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <Eigen/Core>

#include "search/architecture/architecture_process.h"

namespace parnas::search {

// Minimised values as a process learns them: mean 0 and deviation 1, and the worst tenth no worse
// than the rest, so that networks that learn nothing do not drown the differences between good
// ones. Infinite ones count as the worst.
struct Learnable {
    Eigen::VectorXd targets;
    double mean = 0.0;
    double stddev = 1.0;

    double operator()(double value) const { return (value - mean) / stddev; }
    double inverse(double target) const { return mean + stddev * target; }
};
enum class Clip { worst_tenth, none };
Learnable learnable(std::span<const double> values, Clip clip);

// What trials say of one quantity. Its settings are chosen anew after every ten values. It is a
// function of what was told and of the pool.
class TrialModel {
  public:
    // With more values than `most`, the best and the latest count, half of each.
    TrialModel(Clip clip, std::size_t most) : clip_(clip), most_(most) {}

    void tell(ArchitecturePoint point, double value);
    std::size_t size() const { return values_.size(); }

    // Takes in what was told, and forgets what was imagined. Pools of one version are equal, and
    // live as long as predictions are asked for.
    void update(std::span<const ArchitecturePoint> pool, std::uint64_t version);
    // A trial that is not told yet counts with what is predicted for it.
    void imagine(const ArchitecturePoint& point);

    // At the pool, standardised.
    PoolPrediction predict() const { return process_->predict(targets_); }
    const Learnable& scale() const { return scale_; }

  private:
    void choose_settings(std::size_t fitted);
    std::vector<ArchitecturePoint> points_of(const std::vector<std::size_t>& values) const;

    Clip clip_;
    std::size_t most_;
    std::vector<ArchitecturePoint> points_;
    std::vector<double> values_;

    std::size_t fitted_ = 0;         // how many values the settings were chosen by
    std::vector<std::size_t> base_;  // those of them that count
    std::vector<ProcessSetting> settings_;
    std::optional<PoolProcess> process_;  // of the base and of values that came after
    std::size_t more_ = 0;                // so many of them
    std::uint64_t version_ = 0;           // of the process' pool
    Learnable scale_;
    Eigen::VectorXd targets_;  // as the process has them, with what is imagined
};

}  // namespace parnas::search
