// SPDX-License-Identifier: Apache-2.0
#include "search/multi_fidelity/mixture.h"

#include <utility>

namespace parnas::search {
namespace {

class Mixture final : public Strategy {
  public:
    Mixture(std::unique_ptr<Strategy> main, std::unique_ptr<Strategy> other, double probability)
        : main_(std::move(main)), other_(std::move(other)), probability_(probability) {}

    Step next(const AskContext& context) override {
        const bool takes_other = context.rng.fork("mixture").chance(probability_);
        return takes_other ? other_->next(context) : main_->next(context);
    }

    void tell(std::span<const Finished> finished) override {
        main_->tell(finished);
        other_->tell(finished);
    }

    bool has_phases() const override { return main_->has_phases(); }

  private:
    std::unique_ptr<Strategy> main_;
    std::unique_ptr<Strategy> other_;
    double probability_;
};

}  // namespace

std::unique_ptr<Strategy> make_mixture(std::unique_ptr<Strategy> main,
                                       std::unique_ptr<Strategy> other,
                                       double probability) {
    return std::make_unique<Mixture>(std::move(main), std::move(other), probability);
}

}  // namespace parnas::search
