// SPDX-License-Identifier: Apache-2.0
#include "search/budget_meter.h"

#include <fmt/format.h>

namespace parnas::search {
namespace {

constexpr std::int64_t kReusedInRow = 1000;
constexpr std::int64_t kFreeInRow = 1000;  // with a budget in cost alone

}  // namespace

void BudgetMeter::spend_on_trial(Seconds cost, bool reused) {
    reused_in_row_ = reused ? reused_in_row_ + 1 : 0;
    spend(cost);
}

void BudgetMeter::spend(Seconds cost) {
    cost_ += cost;
    free_in_row_ = cost.count() > 0.0 ? 0 : free_in_row_ + 1;
}

std::optional<std::string> BudgetMeter::spent(std::int64_t trials, Seconds elapsed) const {
    if (budget_.trials && trials >= *budget_.trials)
        return fmt::format("budget: {} trials", *budget_.trials);
    if (budget_.cost && cost_ >= *budget_.cost)
        return fmt::format("budget: {} s of evaluations", budget_.cost->count());
    if (budget_.wall_time && elapsed >= *budget_.wall_time)
        return fmt::format("budget: {} s", budget_.wall_time->count());
    if (reused_in_row_ >= kReusedInRow)
        return fmt::format("the space is exhausted: {} results in a row were known",
                           reused_in_row_);
    if (!budget_.trials && !budget_.wall_time && free_in_row_ >= kFreeInRow)
        return fmt::format("nothing to spend the budget on: {} trials in a row cost nothing",
                           free_in_row_);
    return std::nullopt;
}

}  // namespace parnas::search
