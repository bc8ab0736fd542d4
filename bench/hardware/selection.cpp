// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "bench/hardware/experiment.h"

namespace parnas::bench {
namespace {

using Eigen::Index;
using Eigen::VectorXd;

// HELP's latency limits on CIFAR-100 (table 4) and the test accuracy of the network within them
// that is best by validation; a goal is 0.3 below.
struct Limit {
    const char* device;
    double limit_ms;
    double best;
};
constexpr std::array kLimits{Limit{"titan_rtx_256", 18, 70.86},
                             Limit{"titan_rtx_256", 21, 70.63},
                             Limit{"titan_rtx_256", 25, 72.24},
                             Limit{"gold_6226", 8, 69.33},
                             Limit{"gold_6226", 11, 71.29},
                             Limit{"gold_6226", 14, 72.20},
                             Limit{"pixel2", 14, 71.52},
                             Limit{"pixel2", 18, 71.81},
                             Limit{"pixel2", 22, 72.20},
                             Limit{"eyeriss", 5, 71.29},
                             Limit{"eyeriss", 7, 72.20},
                             Limit{"eyeriss", 9, 73.09},
                             Limit{"fpga", 4, 70.63},
                             Limit{"fpga", 5, 72.24},
                             Limit{"fpga", 6, 72.20}};
constexpr double kAllowed = 0.3;
constexpr std::size_t kPool = 1000;
constexpr std::size_t kFirst = 6;    // chosen to learn from
constexpr std::size_t kBudget = 20;  // measurements in all

double normal_below(double x) {
    return 0.5 * std::erfc(-x / std::sqrt(2.0));
}

// Chooses a network within a limit: measures a few, then again and again the one that is expected
// to gain most, sqrt(gain in validation accuracy) P(within the limit), and refits. What is
// returned was measured, so it never violates.
class Selection {
  public:
    Selection(const RecordedSpace& cells, const Limit& limit, Rng rng)
        : cells_(cells), latency_(cells.devices.at(limit.device)), limit_ms_(limit.limit_ms) {
        std::vector<Index> pool = shuffled(cells.size(), rng);
        pool.resize(kPool);
        measured_ = choose_rows(cells, pool, kFirst, {}, rng);
        VectorXd sorted = cells.validation;
        const auto middle = sorted.begin() + sorted.size() / 2;
        std::nth_element(sorted.begin(), middle, sorted.end());
        median_ = *middle;
    }

    // {test accuracy or 0, whether anything is within the limit, measurements}
    std::vector<double> run() {
        while (measured_.size() < kBudget) {
            const std::optional<Index> next = most_promising();
            if (!next)
                break;
            measured_.push_back(*next);
        }
        const std::optional<Index> found = best();
        return {found ? cells_.test[*found] : 0.0,
                found ? 1.0 : 0.0,
                static_cast<double>(measured_.size())};
    }

  private:
    std::optional<Index> best() const {
        std::optional<Index> best;
        for (const Index i : measured_)
            if (latency_[i] <= limit_ms_ &&
                (!best || cells_.validation[i] > cells_.validation[*best]))
                best = i;
        return best;
    }

    std::optional<Index> most_promising() const {
        const std::optional<Index> incumbent = best();
        const double base = incumbent ? cells_.validation[*incumbent] : median_;
        std::vector<Index> rows;
        for (Index i = 0; i < cells_.size(); ++i)
            if (cells_.validation[i] > base && std::ranges::find(measured_, i) == measured_.end())
                rows.push_back(i);
        if (rows.empty())
            return std::nullopt;
        const auto said =
            fit_rows(cells_, latency_, measured_).predict(cells_.rows(rows, Eigen::all));
        std::optional<Index> next;
        double most = 0.0;
        for (std::size_t n = 0; n < rows.size(); ++n) {
            const auto i = static_cast<Index>(n);
            const double spread = (said.high[i] - said.mean[i]) / 1.645;
            const double promise = std::sqrt(cells_.validation[rows[n]] - base) *
                                   normal_below((limit_ms_ - said.mean[i]) / spread);
            if (promise > most) {
                most = promise;
                next = rows[n];
            }
        }
        return next;
    }

    const RecordedSpace& cells_;
    const VectorXd& latency_;
    double limit_ms_;
    double median_ = 0.0;
    std::vector<Index> measured_;
};

}  // namespace

std::vector<Experiment> selection_experiments(SharedSpace cells, std::int64_t seeds) {
    std::vector<Experiment> experiments;
    for (const Limit& limit : kLimits) {
        HardwareFigure figure{.task = "selection",
                              .subject = fmt::format("{} {} ms", limit.device, limit.limit_ms),
                              .samples = kBudget,
                              .metric = "test accuracy, %",
                              .over_seeds = {},
                              .goal = limit.best - kAllowed,
                              .ceiling = {}};
        HardwareFigure within = figure;
        within.metric = "within the limit";
        within.goal = 1.0;
        HardwareFigure used = figure;
        used.metric = "measurements";
        used.goal = {};
        experiments.push_back(
            {.seeds = seeds,
             .run = [cells, limit](Rng rng) { return Selection(*cells, limit, rng).run(); },
             .readings = {{.figure = figure, .of = {0}},
                          {.figure = within, .of = {1}},
                          {.figure = used, .of = {2}}}});
    }
    return experiments;
}

}  // namespace parnas::bench
