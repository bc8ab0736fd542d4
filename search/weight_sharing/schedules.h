// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "search/weight_sharing/architecture.h"

namespace parnas::search {

// Where in a search an epoch is: `epoch` of `epochs`, from 0. Schedules take this share of the
// way, so that their first epoch has the first value and the last one the last.
double share_of_way(std::int64_t epoch, std::int64_t epochs);

// From `begin` to `end`, evenly (temperature of GDAS, lambda of beta-DARTS).
double linear(double begin, double end, double share);
// From `begin` to `end` along half a cosine (Loshchilov and Hutter, "SGDR", 2017).
double cosine(double begin, double end, double share);

// `first` times exp(-0.2 epoch): how often P-DARTS drops a skip connection's output.
double skip_dropout(double first, std::int64_t epoch);

// The strongest `keep` entries of each choice stay, with their values, in their order; edges all
// stay. What P-DARTS and DrNAS do between their stages.
Architecture strongest(const Architecture& architecture, std::int64_t keep);

}  // namespace parnas::search
