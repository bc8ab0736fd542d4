// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "core/json.h"
#include "search/analysis/importance.h"

namespace parnas::search {

// What commands and reports tell of it; `method`: "fanova" or "ped_anova".
Json importance_json(std::string_view metric,
                     std::string_view method,
                     const Observations& seen,
                     const Importance& importance);

}  // namespace parnas::search
