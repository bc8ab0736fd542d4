// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <utility>

#include "bench/hardware/experiment.h"
#include "evaluators/tabular/table.h"
#include "hw_models/fitting/non_negative.h"

namespace parnas::bench {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr Index kPositions = 22;
constexpr Index kSkip = 8;  // the last op, which costs nothing
constexpr std::size_t kTableRows = 400;
constexpr double kGoal = 1e-3;  // ms

// Of one device: a constant, then op by op the costs at all positions, as the block `positions`
// has its columns, without skips.
using RecordedTable = VectorXd;

std::map<std::string, RecordedTable> read_tables(const std::filesystem::path& file) {
    const evaluators::Table table({{.path = file, .on = ""}});
    const auto& devices = table.cells(table.column("device"));
    const std::vector<double> positions = table.numbers(table.column("position"));
    const std::vector<double> ops = table.numbers(table.column("op_idx"));
    const std::vector<double> latencies = table.numbers(table.column("lat_ms"));
    std::map<std::string, RecordedTable> tables;
    for (std::size_t i = 0; i < table.rows(); ++i) {
        RecordedTable& entries =
            tables.try_emplace(std::string(devices[i]), VectorXd::Zero(1 + kSkip * kPositions))
                .first->second;
        const auto op = static_cast<Index>(ops[i]);
        const auto position = static_cast<Index>(positions[i]);
        if (position < 0)
            entries[0] = latencies[i];
        else if (op < kSkip && position < kPositions)
            entries[1 + op * kPositions + position] = latencies[i];
    }
    return tables;
}

// The largest error of a table's entries, fitted to 400 networks with no entry below zero.
double largest_error(const RecordedSpace& fbnet,
                     const VectorXd& latency,
                     const RecordedTable& recorded,
                     Rng rng) {
    std::vector<Index> rows = shuffled(fbnet.size(), rng);
    rows.resize(kTableRows);
    MatrixXd x(std::ssize(rows), recorded.size());
    x.col(0).setOnes();
    x.rightCols(recorded.size() - 1) =
        fbnet.rows(rows, Eigen::all)
            .middleCols(fbnet.schema.first_column("positions"), recorded.size() - 1);
    const VectorXd found = hw_models::non_negative_least_squares(x, latency(rows));
    return (found - recorded).cwiseAbs().maxCoeff();
}

}  // namespace

std::vector<Experiment> table_experiments(SharedSpace fbnet,
                                          const std::filesystem::path& folder,
                                          std::int64_t seeds) {
    std::vector<Experiment> experiments;
    for (const auto& [device, recorded] : read_tables(folder / "fbnet_lut_recovered.csv"))
        experiments.push_back(
            {.seeds = seeds,
             .run = [fbnet, device = device, recorded = recorded](Rng rng) -> std::vector<double> {
                 return {largest_error(*fbnet, fbnet->devices.at(device), recorded, rng)};
             },
             .readings = {{.figure = {.task = "table",
                                      .subject = device,
                                      .samples = static_cast<std::int64_t>(kTableRows),
                                      .metric = "largest error, ms",
                                      .over_seeds = {},
                                      .goal = {},
                                      .ceiling = kGoal},
                           .of = {0}}}});
    return experiments;
}

}  // namespace parnas::bench
