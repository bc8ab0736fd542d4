// SPDX-License-Identifier: Apache-2.0
#include "search/weight_sharing/path_search.h"

#include <cmath>
#include <numbers>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace parnas::search {
namespace {

class PathSearch final : public Strategy {
  public:
    PathSearch(std::vector<PlannedEpoch> plan,
               std::unique_ptr<Strategy> search,
               const spaces::SearchSpace& space)
        : plan_(std::move(plan)), search_(std::move(search)), space_(space) {}

    Step next(const AskContext& context) override {
        if (finished_ < plan_.size()) {
            const PlannedEpoch& epoch = plan_[finished_];
            return Phase{.name = epoch.phase,
                         .settings = dump_json(to_json(epoch.settings, space_.params())),
                         .warm_start = checkpoint_};
        }
        Step step = search_->next(context);
        if (auto* proposal = std::get_if<Proposal>(&step))
            proposal->warm_start = checkpoint_;
        return step;
    }

    void tell(std::span<const Finished> finished) override {
        for (const Finished& each : finished)
            if (const auto* phase = std::get_if<FinishedPhase>(&each);
                phase != nullptr && finished_ < plan_.size()) {
                ++finished_;
                checkpoint_ = phase->checkpoint;
            }
        search_->tell(finished);
    }

    bool has_phases() const override { return true; }

  private:
    std::vector<PlannedEpoch> plan_;
    std::unique_ptr<Strategy> search_;
    const spaces::SearchSpace& space_;
    std::size_t finished_ = 0;  // epochs of the plan
    std::optional<ArtifactId> checkpoint_;
};

}  // namespace

std::unique_ptr<Strategy> make_path_search(std::vector<PlannedEpoch> plan,
                                           std::unique_ptr<Strategy> search,
                                           const spaces::SearchSpace& space) {
    return std::make_unique<PathSearch>(std::move(plan), std::move(search), space);
}

PathEpoch read_path_training(ObjectReader& options, PathEpoch defaults) {
    defaults.lr = options.real("lr", defaults.lr, {0.0, 1e6});
    defaults.momentum = options.real("momentum", defaults.momentum, {0.0, 0.9999});
    defaults.weight_decay = options.real("weight_decay", defaults.weight_decay, {0.0, 10.0});
    if (const auto clip = options.optional_real("clip", {1e-6, 1e6}))
        defaults.clip = clip;
    defaults.label_smoothing =
        options.real("label_smoothing", defaults.label_smoothing, {0.0, 0.99});
    defaults.batch = options.integer("batch", defaults.batch, {2, 65'536});
    return defaults;
}

void need_template(ObjectReader& options, const spaces::SearchSpace& space) {
    if (space.shared_weights() == nullptr)
        options.fault(
            "type",
            fmt::format("a supernet is made from a space's blocks; '{}' has none", space.name()));
}

double cosine_share(std::int64_t epoch, std::int64_t epochs) {
    const double share = (static_cast<double>(epoch) + 0.5) / static_cast<double>(epochs);
    return 0.5 * (1.0 + std::cos(std::numbers::pi * share));
}

}  // namespace parnas::search
