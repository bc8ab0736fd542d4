// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "search/multi_fidelity/levels.h"
#include "search/sampler.h"
#include "search/samplers/ranking.h"

namespace parnas::search {

// What was measured of a configuration at a level.
struct Entrant {
    Individual individual;
    std::optional<ArtifactId> weights;  // to go on from
};

// Best first: by the objective, or by rank and crowding, behind them those that break limits by
// how much; of equal ones the older. Indices.
std::vector<std::size_t> best_first(const std::vector<Entrant>& entrants);

// A configuration goes on to the next level.
struct Promotion {
    Entrant from;
    std::size_t to = 0;     // level
    std::size_t place = 0;  // from 1, among those that it was compared with
    std::size_t of = 0;
};

// Decides which configuration is measured at which level. A function of the trials that were told
// and are pending, whoever proposed them; those that are none of its own are left alone.
class Promoter {
  public:
    struct Turn {
        std::optional<Promotion> promotion;
        std::size_t entry = 0;  // without one: the level at which a new configuration begins
    };

    virtual ~Promoter() = default;
    virtual void tell(const Trial& trial) = 0;
    // `exhausted`: there are no new configurations any more.
    virtual Turn next(std::span<const Candidate> pending, bool exhausted) = 0;
};

// Asynchronous successive halving (Li et al., MLSys 2020, algorithm 2): new configurations begin
// at the lowest level, and whenever one is among the best 1/eta of all that a level has measured
// so far, it goes on to the next, those of higher levels first.
std::unique_ptr<Promoter> make_asha_promoter(const Levels& levels);

// Hyperband (Li et al., JMLR 18(185), 2018, algorithm 1): brackets one after the other, of which
// each begins with more configurations at a lower level, or fewer at a higher; when a level of
// a bracket has ended, its best 1/eta go on together. While a bracket has nothing to begin, the
// next one does, so no worker waits.
std::unique_ptr<Promoter> make_hyperband_promoter(const Levels& levels);

}  // namespace parnas::search
