// SPDX-License-Identifier: Apache-2.0
#include "spaces/decodes_many.h"

namespace parnas::spaces {

std::vector<std::variant<Decoded, Error>> decode_all(const SearchSpace& space,
                                                     std::span<const Genotype> genotypes) {
    if (const auto* at_once = dynamic_cast<const DecodesMany*>(&space))
        return at_once->decode_many(genotypes);
    std::vector<std::variant<Decoded, Error>> all;
    all.reserve(genotypes.size());
    for (const Genotype& genotype : genotypes) {
        try {
            all.emplace_back(space.decode(genotype));
        } catch (const Error& error) {
            all.emplace_back(error);
        }
    }
    return all;
}

}  // namespace parnas::spaces
