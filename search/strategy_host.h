// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "search/strategy.h"

namespace parnas::search {

// Survives a strategy that throws: it is made again and told everything once more. The
// third exception of a session is final.
class StrategyHost {
  public:
    using Make = std::function<std::unique_ptr<Strategy>()>;
    // All that the strategy was told so far, in order.
    using History = std::function<std::vector<Finished>()>;

    StrategyHost(Make make, History history);

    // What `finished` says is in the history already.
    void tell(std::span<const Finished> finished);
    // Nullopt: the strategy threw; ask again unless it has failed. Proposals are checked
    // against the space, a phase's settings for being JSON; a wrong one counts as an exception.
    std::optional<Step> next(const AskContext& context);

    bool has_phases() const { return strategy_ && strategy_->has_phases(); }

    // Why the strategy cannot be used any more.
    const std::optional<std::string>& failure() const { return failure_; }

  private:
    template <typename Use>
    void guarded(const Use& use);
    void rebuild(std::string reason);

    Make make_;
    History history_;
    std::unique_ptr<Strategy> strategy_;
    int exceptions_ = 0;
    std::optional<std::string> failure_;
};

}  // namespace parnas::search
