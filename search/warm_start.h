// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/object_reader.h"
#include "search/initial_points.h"
#include "search/known_results.h"
#include "store/store.h"

namespace parnas::search {

// Which of a study's complete trials another study begins with: the front or all by their
// first objective, best first; or all by number.
enum class WarmTrials { front, best, all };

struct WarmStart {
    std::vector<std::string> studies;  // of the same store
    WarmTrials trials = WarmTrials::front;
    std::int64_t count = 10;  // at most, over all studies, which take turns
    std::int64_t tell = 0;    // how many more complete trials the strategy is told of, at most
};

// The key `warm_start`, and back.
std::optional<WarmStart> read_warm_start(ObjectReader& job);
Json warm_start_json(const WarmStart& warm_start);

// The trials' values by parameter name, each point once. What the space lacks or does not
// allow is left to be drawn, and the point's reason names it. Throws Error(invalid_input)
// under /warm_start for an unknown study, or if no trial fits.
std::vector<InitialPoint> points_of(const WarmStart& warm_start,
                                    const spaces::SearchSpace& space,
                                    const store::Store& store);

// More complete trials, other than those that became `points`, as results that the strategy knows:
// those whose values are a point of this space, with all objectives, spread evenly over the
// studies' trials if there are more than `tell`. Throws as points_of() for an unknown study.
struct KnownOfOthers {
    std::vector<KnownResult> results;
    std::size_t left_out = 0;  // trials that do not fit
};
KnownOfOthers known_of(const WarmStart& warm_start,
                       std::span<const InitialPoint> points,
                       const spaces::SearchSpace& space,
                       const std::vector<Objective>& objectives,
                       const store::Store& store);

}  // namespace parnas::search
