// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <variant>
#include <vector>

#include "core/error.h"
#include "spaces/search_space.h"

namespace parnas::spaces {

// What a space can do that decodes many genotypes faster at once than one after the other, as
// those do that ask somebody else.
class DecodesMany {
  public:
    virtual ~DecodesMany() = default;
    // One for each genotype, as decode() gives or throws it.
    virtual std::vector<std::variant<Decoded, Error>> decode_many(
        std::span<const Genotype> genotypes) const = 0;
};

// What decode() gives or throws for each, at once where the space can.
std::vector<std::variant<Decoded, Error>> decode_all(const SearchSpace& space,
                                                     std::span<const Genotype> genotypes);

}  // namespace parnas::spaces
