// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <stop_token>
#include <utility>
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

// Prepares studies of one space that share what is known of its networks.
class Preparation {
  public:
    // Keeps references to `registries` and `stop`.
    Preparation(std::filesystem::path base,
                const search::Registries& registries,
                const std::stop_token& stop)
        : base_(std::move(base)), registries_(registries), stop_(stop) {}

    // As prepare_searches().
    search::PreparedStudy prepare(const Json& job);

  private:
    std::filesystem::path base_;
    const search::Registries& registries_;
    const std::stop_token& stop_;
    std::shared_ptr<const spaces::SearchSpace> space_;
    std::shared_ptr<search::GenotypeFacts> facts_;
};

// What the study's evaluator gives for every network of its space, in the order of
// search::Enumeration. Throws Error(invalid_input) where it fails.
std::vector<Metrics> every_result(const search::PreparedStudy& study);

// The trials of one search by the ordinary driver, by number, in a store of its own. Throws
// Error(unavailable) if the search does not come to its end.
std::vector<store::TrialRecord> search_once(search::PreparedStudy study,
                                            std::uint64_t seed,
                                            const std::stop_token& stop);

}  // namespace parnas::bench
