// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "search/budget.h"

namespace parnas::search {

// What a study's search has spent, in the order in which its strategy is told of it.
class BudgetMeter {
  public:
    explicit BudgetMeter(const Budget& budget) : budget_(budget) {}

    // Another budget from now on, for all that was spent before, too.
    void allow(const Budget& budget) { budget_ = budget; }

    void spend_on_trial(Seconds cost, bool reused);
    void spend(Seconds cost);

    // Why nothing more may be proposed, after `trials` proposals and `elapsed` of wall time: the
    // budget, or a search that goes on at no cost for ever. Nullopt: there is something left.
    std::optional<std::string> spent(std::int64_t trials, Seconds elapsed) const;

  private:
    Budget budget_;
    Seconds cost_{0};
    std::int64_t reused_in_row_ = 0;
    std::int64_t free_in_row_ = 0;
};

}  // namespace parnas::search
