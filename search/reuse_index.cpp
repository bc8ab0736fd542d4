// SPDX-License-Identifier: Apache-2.0
#include "search/reuse_index.h"

#include <fmt/format.h>

#include "spaces/param.h"

namespace parnas::search {

std::optional<Digest> reuse_key(const ReuseScope& scope,
                                const Candidate& candidate,
                                const KnownFacts& facts) {
    if (scope.reuse == Reuse::none)
        return std::nullopt;
    // A genotype means something in its space only; a network means the same everywhere.
    const bool by_network = scope.reuse == Reuse::architecture && facts.architecture;
    const std::string what = by_network ? to_string(facts.identity)
                                        : to_string(spaces::hash(candidate.genotype)) +
                                              to_string(hash_bytes(scope.space));
    return hash_bytes(fmt::format("{}\n{}\n{}\n{}\n{}\n{}",
                                  what,
                                  scope.evaluator,
                                  scope.target,
                                  candidate.fidelity,
                                  to_string(candidate.stage),
                                  candidate.warm_start ? to_string(*candidate.warm_start) : ""));
}

}  // namespace parnas::search
