// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

#include "core/rng.h"

namespace parnas::search {

// A random order of the indices below `size` that is computed, not stored: a Feistel network
// on the smallest even number of bits, walked until the result is below `size` (Black and
// Rogaway, "Ciphers with arbitrary finite domains", CT-RSA 2002); four steps on average at
// most.
class ShuffledIndex {
  public:
    // 0 < size <= 2^63.
    ShuffledIndex(std::uint64_t size, Rng rng);

    // index < size; each result comes once.
    std::uint64_t operator()(std::uint64_t index) const;

  private:
    std::uint64_t size_;
    int half_bits_ = 1;
    std::array<std::uint64_t, 6> keys_{};
};

}  // namespace parnas::search
