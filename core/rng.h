// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace parnas {

// A random generator that is passed in, never found: xoshiro256** (Blackman and Vigna,
// "Scrambled linear pseudorandom number generators", TOMS 47(4), 2021), seeded through
// splitmix64. The numbers are the same on every machine and stay the same between
// releases: stored studies replay with them.
class Rng {
  public:
    explicit Rng(std::uint64_t seed);

    std::uint64_t next();
    // In [0, 1), 53 bits.
    double uniform();
    // In [low, high); low if they are equal.
    double uniform(double low, double high);
    // In [0, n), without bias; n > 0.
    std::uint64_t below(std::uint64_t n);
    // In [low, high], both included; low <= high.
    std::int64_t integer(std::int64_t low, std::int64_t high);
    bool chance(double probability) { return uniform() < probability; }
    // Standard normal (polar method).
    double normal();
    // `count` different indices of [0, n), in random order; count <= n.
    std::vector<std::size_t> sample(std::size_t n, std::size_t count);

    template <typename T>
    void shuffle(std::span<T> items) {
        for (std::size_t i = items.size(); i > 1; --i)
            std::swap(items[i - 1], items[below(i)]);
    }
    template <typename Container>
    const auto& pick(const Container& items) {
        return items[below(items.size())];
    }

    // An independent generator that depends on this one's seed and on `stream`, not on
    // how many numbers were drawn: forks may be made in any order.
    Rng fork(std::uint64_t stream) const;
    Rng fork(std::string_view stream) const;
    std::uint64_t seed() const { return seed_; }

  private:
    std::uint64_t seed_;
    std::uint64_t state_[4];
};

}  // namespace parnas
