// SPDX-License-Identifier: Apache-2.0
#include "search/points/low_discrepancy.h"

#include <algorithm>
#include <boost/random/sobol.hpp>
#include <cmath>

#include <fmt/format.h>

#include "core/error.h"

namespace parnas::search {
namespace {

constexpr double kBelowOne = 1.0 - 0x1p-53;

std::uint32_t reversed(std::uint32_t x) {
    x = (x & 0x55555555u) << 1 | (x >> 1 & 0x55555555u);
    x = (x & 0x33333333u) << 2 | (x >> 2 & 0x33333333u);
    x = (x & 0x0f0f0f0fu) << 4 | (x >> 4 & 0x0f0f0f0fu);
    x = (x & 0x00ff00ffu) << 8 | (x >> 8 & 0x00ff00ffu);
    return x << 16 | x >> 16;
}

// Every bit is flipped or not depending on the seed and the bits above it. On mirrored bits
// that is a hash in which higher bits never touch lower ones (Laine and Karras, 2011).
std::uint32_t owen_scrambled(std::uint32_t x, std::uint32_t seed) {
    x = reversed(x);
    x += seed;
    x ^= x * 0x6c50b47cu;
    x ^= x * 0xb82f1e52u;
    x ^= x * 0xc7afe638u;
    x ^= x * 0x8d22f6e6u;
    return reversed(x);
}

class Sobol {
  public:
    Sobol(std::size_t dimensions, const std::optional<Rng>& scramble) : engine_(dimensions) {
        for (std::size_t i = 0; scramble && i < dimensions; ++i)
            seeds_.push_back(static_cast<std::uint32_t>(scramble->fork(i).next()));
    }

    std::vector<double> operator()(std::uint64_t index) {
        check(index < 0xffff'ffffu, "Sobol: the index must be below 2^32");
        if (index > 0)
            engine_.seed(static_cast<std::uint32_t>(index - 1));  // the engine leaves out 0
        std::vector<double> point;
        for (std::size_t i = 0; i < engine_.dimension(); ++i) {
            std::uint32_t bits = index > 0 ? engine_() : 0;
            if (!seeds_.empty())
                bits = owen_scrambled(bits, seeds_[i]);
            point.push_back(static_cast<double>(bits) * 0x1p-32);
        }
        return point;
    }

  private:
    boost::random::sobol_engine<std::uint32_t, 32> engine_;
    std::vector<std::uint32_t> seeds_;  // one per dimension; none: not scrambled
};

std::vector<std::uint64_t> first_primes(std::size_t count) {
    std::vector<std::uint64_t> primes;
    for (std::uint64_t n = 2; primes.size() < count; ++n)
        if (std::ranges::none_of(primes, [n](std::uint64_t p) { return p * p <= n && n % p == 0; }))
            primes.push_back(n);
    return primes;
}

// A permutation of the digits: digit -> (factor digit + shift) mod base.
struct DigitMap {
    std::uint64_t factor = 1;
    std::uint64_t shift = 0;
};

class Halton {
  public:
    Halton(std::size_t dimensions, const std::optional<Rng>& scramble) {
        for (const std::uint64_t base : first_primes(dimensions)) {
            Rng rng = scramble ? scramble->fork(base) : Rng(0);
            // As many digits as a double can show.
            const auto digits =
                static_cast<std::size_t>(std::ceil(53.0 / std::log2(static_cast<double>(base))));
            std::vector<DigitMap> maps(digits);
            for (DigitMap& map : maps)
                if (scramble)
                    map = {.factor = 1 + rng.below(base - 1), .shift = rng.below(base)};
            coordinates_.push_back({.base = base, .maps = std::move(maps)});
        }
    }

    std::vector<double> operator()(std::uint64_t index) const {
        std::vector<double> point;
        for (const Coordinate& coordinate : coordinates_) {
            const auto base = static_cast<double>(coordinate.base);
            double value = 0.0;
            double weight = 1.0;
            std::uint64_t rest = index;
            for (const DigitMap& map : coordinate.maps) {
                const std::uint64_t digit =
                    (map.factor * (rest % coordinate.base) + map.shift) % coordinate.base;
                weight /= base;
                value += static_cast<double>(digit) * weight;
                rest /= coordinate.base;
            }
            point.push_back(std::min(value, kBelowOne));
        }
        return point;
    }

  private:
    struct Coordinate {
        std::uint64_t base = 2;
        std::vector<DigitMap> maps;  // of the digits, first behind the point first
    };
    std::vector<Coordinate> coordinates_;
};

}  // namespace

PointSequence make_sobol(std::size_t dimensions, const std::optional<Rng>& scramble) {
    if (dimensions > kMostSobolDimensions)
        throw Error(ErrorKind::invalid_input,
                    fmt::format("Sobol's sequence has at most {} dimensions, got {} parameters",
                                kMostSobolDimensions,
                                dimensions));
    return Sobol(std::max<std::size_t>(dimensions, 1), scramble);
}

PointSequence make_halton(std::size_t dimensions, const std::optional<Rng>& scramble) {
    return Halton(dimensions, scramble);
}

}  // namespace parnas::search
