// SPDX-License-Identifier: Apache-2.0
#include "search/weight_sharing/one_shot.h"

#include <utility>

#include "search/strategy_factory.h"

namespace parnas::search {

std::unique_ptr<Strategy> make_one_shot(ObjectReader& options,
                                        const SamplerSetup& setup,
                                        const Registry<StrategyFactory>& searches) {
    need_template(options, setup.space);
    const std::int64_t epochs = options.integer("epochs", 30, {.low = 1, .high = 100'000});
    PathEpoch epoch = read_path_training(options, {.label_smoothing = 0.1, .clip = 5.0});
    epoch.open.resize(setup.space.params().size());
    epoch.sampling = PathSampling(
        options.word("sampling", {"uniform", "cost_bins", "fair", "sandwich"}, "uniform"));
    const bool sandwich = epoch.sampling == PathSampling::sandwich;
    if (sandwich) {
        epoch.distill = Distill::largest;
        epoch.divergence = Divergence(options.word("divergence", {"kl", "alpha"}, "kl"));
    }
    if (epoch.sampling == PathSampling::cost_bins)
        epoch.bins = options.integer("bins", epoch.bins, {.low = 1, .high = 1000});
    if (epoch.sampling != PathSampling::fair)
        epoch.paths =
            options.integer("paths", sandwich ? 2 : 1, {.low = sandwich ? 0 : 1, .high = 1024});

    std::vector<PlannedEpoch> plan;
    const double lr = epoch.lr;
    for (std::int64_t i = 0; i < epochs; ++i) {
        epoch.lr = lr * cosine_share(i, epochs);
        epoch.validate = i + 1 == epochs;
        plan.push_back({.phase = "supernet", .settings = epoch});
    }
    return make_path_search(
        std::move(plan), make_inner_strategy(searches, options, "search", setup), setup.space);
}

}  // namespace parnas::search
