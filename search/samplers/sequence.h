// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "search/sampler.h"

namespace parnas::search {

// Normalised genotypes in an order that no result changes; nullopt behind the last one.
using Sequence = std::function<std::optional<Genotype>(std::uint64_t index)>;

// Proposes a sequence's genotypes in their order, but for those that are infeasible or were
// proposed before. `reason` goes with every proposal. An ask throws Error(invalid_input) if
// a million in a row are infeasible.
std::unique_ptr<Sampler> make_sequence_sampler(Sequence sequence,
                                               std::string_view reason,
                                               const SamplerSetup& setup);

}  // namespace parnas::search
