// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <limits>
#include <string>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/rng.h"
#include "tests/support/catch.h"
#include "tests/support/golden.h"

using namespace parnas;

namespace {

constexpr int kNumbers = 8;

template <typename Draw>
std::string line(std::string_view name, const Rng& rng, Draw draw) {
    Rng copy = rng;
    std::string text = fmt::format("{}:", name);
    for (int i = 0; i < kNumbers; ++i)
        text += fmt::format(" {}", draw(copy));
    return text + '\n';
}

std::vector<std::size_t> shuffled(Rng& rng) {
    std::vector<std::size_t> items{0, 1, 2, 3, 4};
    rng.shuffle(std::span(items));
    return items;
}

// The first numbers of each function, drawn from copies of one generator.
std::string numbers_of(std::string_view name, const Rng& rng) {
    constexpr std::int64_t kLowest = std::numeric_limits<std::int64_t>::min();
    constexpr std::int64_t kHighest = std::numeric_limits<std::int64_t>::max();
    std::string text = fmt::format("[{}]\nseed: {}\n", name, rng.seed());
    text += line("next", rng, [](Rng& r) { return r.next(); });
    text += line("uniform", rng, [](Rng& r) { return r.uniform(); });
    text += line("uniform -1 3", rng, [](Rng& r) { return r.uniform(-1.0, 3.0); });
    text += line("below 10", rng, [](Rng& r) { return r.below(10); });
    text += line("below 2^63 + 1", rng, [](Rng& r) { return r.below((1ULL << 63) + 1); });
    text += line("integer -5 5", rng, [](Rng& r) { return r.integer(-5, 5); });
    text += line("integer", rng, [](Rng& r) { return r.integer(kLowest, kHighest); });
    text += line("chance 0.3", rng, [](Rng& r) { return r.chance(0.3) ? 1 : 0; });
    // The last bits of a logarithm are the machine's.
    text += line("normal", rng, [](Rng& r) { return fmt::format("{:.12g}", r.normal()); });
    text += line("sample 9 4", rng, [](Rng& r) { return fmt::format("{}", r.sample(9, 4)); });
    text += line("shuffle 5", rng, [](Rng& r) { return fmt::format("{}", shuffled(r)); });
    text += line("pick", rng, [](Rng& r) { return r.pick(std::string_view("abcdefgh")); });
    return text + '\n';
}

}  // namespace

TEST_CASE("the numbers of all functions and forks stay the same between releases",
          "[core][rng][golden]") {
    std::string text;
    for (const std::uint64_t seed :
         {std::uint64_t{0}, std::uint64_t{42}, std::numeric_limits<std::uint64_t>::max()}) {
        const Rng rng(seed);
        text += numbers_of(fmt::format("{}", seed), rng);
        text += numbers_of(fmt::format("{}, fork 0", seed), rng.fork(0));
        text += numbers_of(fmt::format("{}, fork 7", seed), rng.fork(7));
        text += numbers_of(fmt::format("{}, fork sampler", seed), rng.fork("sampler"));
        text +=
            numbers_of(fmt::format("{}, fork sampler, fork 1", seed), rng.fork("sampler").fork(1));
    }
    tests::check_golden("random_numbers.txt", text);
}
