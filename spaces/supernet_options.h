// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

#include "spaces/network.h"

namespace parnas::spaces {

// The nodes of a mix's options: those in [first, mix), which `mix` reads.
struct MixedRange {
    std::size_t first = 0;
    std::size_t mix = 0;
    ValueId input = 0;  // what all options read
};

struct OptionChanges {
    std::int64_t partial_channels = 1;
    bool search_norms = false;
};

// Rewrites the options of mixes as SupernetOptions says. Ranges are ascending and do not overlap.
Network change_options(const Network& network,
                       std::span<const MixedRange> ranges,
                       const OptionChanges& changes);

}  // namespace parnas::spaces
