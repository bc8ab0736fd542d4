// SPDX-License-Identifier: Apache-2.0
#include "bench/hardware/experiment.h"

#include <algorithm>
#include <numeric>
#include <span>

#include "core/rank_correlation.h"
#include "hw_models/fitting/probe_design.h"

namespace parnas::bench {

using Eigen::Index;
using Eigen::VectorXd;
using hw_models::FeatureRows;
using hw_models::KnownTarget;

hw_models::Samples samples_of(const RecordedSpace& space,
                              const VectorXd& latency,
                              const std::vector<Index>& rows) {
    return {.features = space.rows(rows, Eigen::all), .latency_ms = latency(rows)};
}

std::vector<Index> choose_rows(const RecordedSpace& space,
                               const std::vector<Index>& pool,
                               std::size_t count,
                               const std::vector<KnownTarget>& known,
                               Rng& rng) {
    const hw_models::MemberOptions& all = space.options.members.back();
    std::vector<std::string> blocks;
    std::vector<double> variances;
    for (std::size_t i = 0; i < all.blocks.size(); ++i)
        if (!known.empty() || (all.blocks[i] != hw_models::kKnownTargets &&
                               all.blocks[i] != hw_models::kKnownTargetsMean)) {
            blocks.push_back(all.blocks[i]);
            variances.push_back(all.variances[i]);
        }
    const FeatureRows every = hw_models::with_known_targets(space.rows, known);
    const hw_models::FeatureScale scale(hw_models::with_known_targets(space.schema, known),
                                        blocks,
                                        hw_models::statistics_of(every));
    const hw_models::DesignPrior prior{
        .block_variance = Eigen::Map<const VectorXd>(variances.data(), std::ssize(variances))};
    std::vector<Index> chosen;
    for (const Index i :
         hw_models::design_probes(scale, every(pool, Eigen::all), prior, {}, count, rng))
        chosen.push_back(pool[static_cast<std::size_t>(i)]);
    return chosen;
}

hw_models::LatencyPredictor fit_rows(const RecordedSpace& space,
                                     const VectorXd& latency,
                                     const std::vector<Index>& rows,
                                     const std::vector<KnownTarget>& known) {
    const hw_models::FeatureStatistics reference =
        known.empty() ? space.reference
                      : hw_models::statistics_of(hw_models::with_known_targets(space.rows, known));
    return hw_models::fit_latency_predictor(
        space.schema, samples_of(space, latency, rows), reference, space.options, known);
}

std::vector<Index> shuffled(Index count, Rng& rng) {
    std::vector<Index> rows(static_cast<std::size_t>(count));
    std::iota(rows.begin(), rows.end(), Index{0});
    rng.shuffle(std::span(rows));
    return rows;
}

double spearman_of(const VectorXd& predicted, const VectorXd& measured) {
    return spearman_rho({predicted.data(), static_cast<std::size_t>(predicted.size())},
                        {measured.data(), static_cast<std::size_t>(measured.size())})
        .value_or(0.0);
}

}  // namespace parnas::bench
