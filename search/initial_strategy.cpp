// SPDX-License-Identifier: Apache-2.0
#include "search/initial_strategy.h"

#include <utility>

#include <nlohmann/json.hpp>

#include "core/json.h"

namespace parnas::search {
namespace {

class InitialStrategy final : public Strategy {
  public:
    InitialStrategy(std::vector<InitialPoint> points, std::unique_ptr<Strategy> inner)
        : points_(std::move(points)), inner_(std::move(inner)) {}

    Step next(const AskContext& context) override {
        // Not the trial's number: an earlier session's finalists have some of them.
        const std::size_t proposed = told_ + context.pending.size();
        if (proposed >= points_.size())
            return inner_->next(context);
        Rng rng = context.rng;  // what `inner` draws does not show in the points
        Step step = inner_->next(context);
        if (std::holds_alternative<Phase>(step))
            return step;
        const auto* other = std::get_if<Proposal>(&step);
        const InitialPoint& point = points_[proposed];
        return Proposal{.genotype = complete(context.space, point.values, rng),
                        .warm_start = other == nullptr ? std::nullopt : other->warm_start,
                        .attributes = {{"reason", dump_json(Json(point.reason))}}};
    }

    void tell(std::span<const Finished> finished) override {
        for (const Finished& each : finished)
            told_ += std::holds_alternative<Trial>(each);
        inner_->tell(finished);
    }

    bool has_phases() const override { return inner_->has_phases(); }

  private:
    std::vector<InitialPoint> points_;
    std::unique_ptr<Strategy> inner_;
    std::size_t told_ = 0;  // trials
};

}  // namespace

std::unique_ptr<Strategy> make_initial_strategy(std::vector<InitialPoint> points,
                                                std::unique_ptr<Strategy> inner) {
    return std::make_unique<InitialStrategy>(std::move(points), std::move(inner));
}

}  // namespace parnas::search
