// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <stop_token>
#include <vector>

#include "core/json.h"
#include "search/run_study.h"

namespace parnas::bench {

// A job of one worker, ready for many seeds; `base` is where its files are. Throws as
// search::prepare_study().
search::PreparedStudy prepare_searches(const Json& job,
                                       const std::filesystem::path& base,
                                       const search::Registries& registries,
                                       const std::stop_token& stop);

// The trials of one search by the ordinary driver, by number, in a store of its own. Throws
// Error(unavailable) if the search does not come to its end.
std::vector<store::TrialRecord> search_once(search::PreparedStudy study,
                                            std::uint64_t seed,
                                            const std::stop_token& stop);

}  // namespace parnas::bench
