// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <vector>

#include "core/object_reader.h"
#include "core/scalar.h"
#include "search/goals.h"
#include "search/sampler.h"

namespace parnas::search {

// What is known before a study begins: its strategy learns from it as from a complete trial, but
// it is no trial of the study.
struct KnownResult {
    Assignment values;  // of all parameters that are active together
    Metrics metrics;    // all objectives among them
};

// The key `known`: a list of objects with `values` and `metrics`, and back.
std::vector<KnownResult> read_known_results(ObjectReader& job);
Json known_results_json(std::span<const KnownResult> results);

// Values that are no point of the space, and objectives without a finite value, become faults
// under /known.
void check_known_results(std::span<const KnownResult> results,
                         const spaces::SearchSpace& space,
                         const std::vector<Objective>& objectives,
                         Faults& faults);

// Checked results as a strategy is told of them, numbered up to -1.
std::vector<Trial> known_trials(std::span<const KnownResult> results,
                                const spaces::SearchSpace& space,
                                const std::vector<Objective>& objectives,
                                const Limits& limits);

}  // namespace parnas::search
