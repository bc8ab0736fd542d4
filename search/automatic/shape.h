// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include "search/sampler.h"

namespace parnas::search {

// What of a problem decides which strategy suits it.
struct Shape {
    std::size_t objectives = 1;
    std::size_t numbers = 0;      // integers and reals
    std::size_t choices = 0;      // categoricals of at least two choices
    std::size_t conditional = 0;  // of these, parameters that only some candidates have
    bool networks = false;        // a candidate is a network
    bool cells = false;           // whose cells differ

    std::size_t params() const { return numbers + choices; }
};

// Decodes one candidate to find out.
Shape shape_of(const SamplerSetup& setup);

}  // namespace parnas::search
