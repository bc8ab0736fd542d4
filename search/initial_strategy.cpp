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
        if (context.number >= std::ssize(points_))
            return inner_->next(context);
        const InitialPoint& point = points_[static_cast<std::size_t>(context.number)];
        return Proposal{.genotype = complete(context.space, point.values, context.rng),
                        .attributes = {{"reason", dump_json(Json(point.reason))}}};
    }

    void tell(std::span<const Finished> finished) override { inner_->tell(finished); }

  private:
    std::vector<InitialPoint> points_;
    std::unique_ptr<Strategy> inner_;
};

}  // namespace

std::unique_ptr<Strategy> make_initial_strategy(std::vector<InitialPoint> points,
                                                std::unique_ptr<Strategy> inner) {
    return std::make_unique<InitialStrategy>(std::move(points), std::move(inner));
}

}  // namespace parnas::search
