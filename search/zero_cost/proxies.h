// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.h"
#include "core/object_reader.h"

namespace parnas::search {

// Scores of an untrained network, more is better (docs/weight-sharing.md has the formulas).
enum class Proxy { synflow, snip, grasp, fisher, grad_norm, jacob_cov, naswot, zico };

inline constexpr std::array kProxies{Proxy::synflow,
                                     Proxy::snip,
                                     Proxy::grasp,
                                     Proxy::fisher,
                                     Proxy::grad_norm,
                                     Proxy::jacob_cov,
                                     Proxy::naswot,
                                     Proxy::zico};

// The name in job files, and of the metric.
std::string_view to_string(Proxy proxy);
std::optional<Proxy> find_proxy(std::string_view name);

// How networks are scored: all of them with weights and samples that `seed` draws.
struct ScoringOptions {
    std::vector<Proxy> proxies{kProxies.begin(), kProxies.end()};
    std::int64_t batch = 64;   // samples
    std::int64_t repeats = 1;  // scores are means over so many drawn weights and batches
    std::uint64_t seed = 0;
};

// Keys: proxies, batch (2..4096), repeats (1..1000), seed. Faults go to the reader.
ScoringOptions read_scoring_options(ObjectReader& options);
// Of these, batch and repeats.
void read_scoring_size(ObjectReader& options, ScoringOptions& scoring);
// What read_scoring_options reads, in full.
Json to_json(const ScoringOptions& options);

// The list at `key`, of words that `known` has, each once; empty without the key. Faults go to
// the reader.
std::vector<std::string> read_words(ObjectReader& options,
                                    std::string_view key,
                                    const std::vector<std::string>& known);

}  // namespace parnas::search
