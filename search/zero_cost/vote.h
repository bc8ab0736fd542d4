// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "core/object_reader.h"
#include "core/trial.h"
#include "search/zero_cost/proxies.h"

namespace parnas::search {

// Who says which of several candidates is best, and how they are scored.
struct Vote {
    // Metrics, more is better: proxies' names, "parameters" and "multiply_adds".
    std::vector<std::string> voters{"synflow", "jacob_cov", "snip", "parameters"};
    ScoringOptions scoring{
        .proxies = {Proxy::synflow, Proxy::jacob_cov, Proxy::snip}};  // those among the voters
};

// Keys: proxies (the voters), batch, repeats. Faults go to the reader.
Vote read_vote(ObjectReader& options, std::uint64_t seed);

// For each candidate the mean over the voters of its rank: 1 has the largest value, and equal
// values share the mean of their ranks. A candidate without a value, or with NaN, ranks behind
// all that have one.
std::vector<double> mean_ranks(std::span<const Metrics> candidates,
                               std::span<const std::string> voters);

}  // namespace parnas::search
