// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "search/sampler.h"

namespace parnas::search {

// Whether a metric is known without evaluation: what a trial measured of it is what is counted or
// predicted of the trial's genotype anyway. `predict` may be empty.
bool is_foretold(const Predict& predict,
                 const Genotype& genotype,
                 const Metrics& measured,
                 const std::string& metric);

}  // namespace parnas::search
