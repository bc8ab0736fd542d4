// SPDX-License-Identifier: Apache-2.0
#include "spaces/search_space.h"

#include <fmt/format.h>

#include "core/error.h"

namespace parnas::spaces {

Genotype sample_feasible(const SearchSpace& space, Rng& rng) {
    constexpr int kMaxRejections = 10'000;
    for (int rejections = 0; rejections < kMaxRejections; ++rejections) {
        Genotype genotype = sample(space.params(), rng);
        if (space.feasible(genotype))
            return genotype;
    }
    throw Error(ErrorKind::invalid_input,
                fmt::format("none of {} random genotypes meets the requirements of the space '{}'",
                            kMaxRejections,
                            space.name()));
}

}  // namespace parnas::spaces
