// SPDX-License-Identifier: Apache-2.0
#include "core/rng.h"

#include <bit>
#include <cmath>
#include <numeric>

#include "core/error.h"
#include "core/hash.h"

namespace parnas {
namespace {

std::uint64_t splitmix(std::uint64_t& state) {
    std::uint64_t z = (state += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
}

}  // namespace

Rng::Rng(std::uint64_t seed) : seed_(seed) {
    std::uint64_t state = seed;
    for (std::uint64_t& word : state_)
        word = splitmix(state);
}

std::uint64_t Rng::next() {
    const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
    const std::uint64_t shifted = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = std::rotl(state_[3], 45);
    return result;
}

double Rng::uniform() {
    return static_cast<double>(next() >> 11) * 0x1.0p-53;
}

double Rng::uniform(double low, double high) {
    const double value = low + (high - low) * uniform();
    return value < high ? value : low;  // rounding may reach `high`
}

std::uint64_t Rng::below(std::uint64_t n) {
    check(n > 0, "Rng::below: n is 0");
    const std::uint64_t reject_below = -n % n;  // 2^64 mod n values come once too often
    for (;;) {
        const std::uint64_t x = next();
        if (x >= reject_below)
            return x % n;
    }
}

std::int64_t Rng::integer(std::int64_t low, std::int64_t high) {
    check(low <= high, "Rng::integer: low is above high");
    const std::uint64_t width =
        static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low) + 1;
    const std::uint64_t offset = width == 0 ? next() : below(width);
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(low) + offset);
}

double Rng::normal() {
    for (;;) {
        const double u = uniform(-1.0, 1.0);
        const double v = uniform(-1.0, 1.0);
        const double s = u * u + v * v;
        if (s > 0.0 && s < 1.0)
            return u * std::sqrt(-2.0 * std::log(s) / s);
    }
}

std::vector<std::size_t> Rng::sample(std::size_t n, std::size_t count) {
    check(count <= n, "Rng::sample: count is above n");
    std::vector<std::size_t> indices(n);
    std::iota(indices.begin(), indices.end(), std::size_t{0});
    for (std::size_t i = 0; i < count; ++i)
        std::swap(indices[i], indices[i + below(n - i)]);
    indices.resize(count);
    return indices;
}

Rng Rng::fork(std::uint64_t stream) const {
    std::uint64_t state = seed_ ^ 0x6a09e667f3bcc909ULL;
    const std::uint64_t mixed = splitmix(state);
    state = mixed ^ stream;
    return Rng(splitmix(state));
}

Rng Rng::fork(std::string_view stream) const {
    return fork(hash_bytes(stream).low);
}

}  // namespace parnas
