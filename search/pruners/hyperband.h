// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "search/pruner.h"

namespace parnas::search {

struct HyperbandOptions {
    std::int64_t min_resource = 1;
    // Steps of a whole trial; none: as many as the first trial that is complete had (its last
    // step + 1), and until then nobody is judged.
    std::optional<std::int64_t> max_resource;
    std::int64_t reduction_factor = 3;
    std::int64_t bootstrap_count = 0;  // of trials that stop at a rung whatever they are worth
};

// Faults if `max_resource` is below `min_resource`.
HyperbandOptions read_hyperband(ObjectReader& options);

// The brackets 0 .. count - 1, count = floor(log_eta(R / r)) + 1 for R `max_resource`, r
// `min_resource` and eta `reduction_factor`. Bracket b is successive halving with its first rung
// at r * eta^b, and takes a share of the trials in proportion to
//
//     n_s = ceil(count / (s + 1) * eta^s),   s = count - 1 - b,
//
// the trials that Hyperband begins a bracket with (Li et al., JMLR 18(185), 2018, algorithm 1).
class Brackets {
  public:
    Brackets(const HyperbandOptions& options, std::int64_t max_resource);

    std::size_t count() const { return ends_.size(); }
    // A function of the number alone: the fractional part of its multiple of the golden ratio,
    // which spreads the trials of any part of a study evenly.
    std::size_t of(TrialNumber number) const;

  private:
    std::vector<double> ends_;  // sums of n_s up to and with each bracket
};

// Successive halving in several brackets, which differ in how early they stop trials; a trial
// competes within its bracket.
std::unique_ptr<Pruner> make_hyperband_pruner(const HyperbandOptions& options,
                                              const Objective& objective);

}  // namespace parnas::search
