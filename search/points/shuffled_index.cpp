// SPDX-License-Identifier: Apache-2.0
#include "search/points/shuffled_index.h"

#include <bit>

namespace parnas::search {
namespace {

// The finaliser of splitmix64 (Steele, Lea and Flood, OOPSLA 2014).
std::uint64_t mixed(std::uint64_t x) {
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

}  // namespace

ShuffledIndex::ShuffledIndex(std::uint64_t size, Rng rng)
    : size_(size), half_bits_(static_cast<int>(std::bit_width(size - 1) + 1) / 2) {
    for (std::uint64_t& key : keys_)
        key = rng.next();
}

std::uint64_t ShuffledIndex::operator()(std::uint64_t index) const {
    const std::uint64_t mask = (std::uint64_t{1} << half_bits_) - 1;
    do {
        std::uint64_t left = index >> half_bits_;
        std::uint64_t right = index & mask;
        for (const std::uint64_t key : keys_) {
            const std::uint64_t next = left ^ (mixed(right ^ key) & mask);
            left = right;
            right = next;
        }
        index = left << half_bits_ | right;
    } while (index >= size_);
    return index;
}

}  // namespace parnas::search
