// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <unordered_set>
#include <vector>

#include "search/multi_fidelity/levels.h"
#include "search/strategy.h"

namespace parnas::search {

// Where new configurations come from: a strategy that knows of no fidelities. It is told what was
// measured at one level, the highest with `enough` measured configurations, else the lowest
// (Falkner, Klein and Hutter, ICML 2018), and the failures of all. When that level becomes
// another, the strategy is made again. What it proposes was measured at no level.
class Learner {
  public:
    using Make = std::function<std::unique_ptr<Strategy>()>;

    Learner(Make make, const Levels& levels, std::size_t enough);
    bool has_phases() const { return has_phases_; }

    void tell(const Finished& finished);
    Step next(const AskContext& context);

  private:
    void make_again();
    void teach(const Finished& finished);
    std::optional<Trial> lesson(const Trial& trial);
    std::vector<Candidate> under_way(const AskContext& context) const;
    bool is_known(const Step& step) const;

    Make make_;
    Levels levels_;
    std::size_t enough_;
    std::vector<std::size_t> measured_;  // by level
    std::size_t level_ = 0;
    std::vector<Finished> told_;
    std::unordered_set<Digest> known_;    // the genotypes of all told trials
    std::unordered_set<Digest> taught_;   // those that the strategy was told of
    std::unique_ptr<Strategy> strategy_;  // null: to be made again
    bool has_phases_;
};

}  // namespace parnas::search
