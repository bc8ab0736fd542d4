// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "search/pruner.h"

namespace parnas::search {

// How many of n trials at a rung go on, for the reduction factor eta.
enum class Survivors {
    share,           // floor(n / eta), at least one
    one_more_place,  // floor(n / eta) + 1: those that at most n / eta others are better than
};

// The steps first * factor^k, at which trials compete with those that are there already.
struct Rungs {
    std::int64_t first = 1;   // step, at least 1
    std::int64_t factor = 2;  // at least 2
    Survivors survivors = Survivors::share;
    std::int64_t bootstrap_count = 0;  // of trials that stop at a rung whatever they are worth
};

// Why `trial` stops at a rung that its last point is the first to reach; nullopt: it goes on, or
// it has reached none. What a trial is worth at a rung is its first report there or beyond; NaN
// stops it. It competes with all of `known` that reported a number there, in whatever state they
// are, and of which `competes` says so. Equal values share the better place.
std::optional<std::string> judge_at_rungs(const Rungs& rungs,
                                          const Objective& objective,
                                          const Curve& trial,
                                          std::span<const Curve> known,
                                          const std::function<bool(const Curve&)>& competes);

// a * b, or the largest integer; both positive.
std::int64_t saturated_product(std::int64_t a, std::int64_t b);

// The steps under `key`, at least 1, or nullopt for the word `auto`.
std::optional<std::int64_t> read_steps_or_auto(ObjectReader& options,
                                               std::string_view key,
                                               std::optional<std::int64_t> otherwise);

}  // namespace parnas::search
