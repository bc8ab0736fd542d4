// SPDX-License-Identifier: Apache-2.0
#include "core/ulid.h"

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "core/error.h"

namespace parnas {
namespace {

// Without I, L, O and U, which look like others or make words.
constexpr std::string_view kDigits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
constexpr int kTimeDigits = 10;
constexpr int kHalfDigits = 8;  // of the 16 random ones: 40 bits

void append(std::string& text, std::uint64_t bits, int digits) {
    for (int shift = 5 * (digits - 1); shift >= 0; shift -= 5)
        text += kDigits[(bits >> shift) & 31U];
}

}  // namespace

std::string make_ulid(TimePoint time, Rng& rng) {
    const auto milliseconds =
        std::chrono::floor<std::chrono::milliseconds>(time).time_since_epoch().count();
    check(milliseconds >= 0 && milliseconds < std::int64_t{1} << 48U,
          "a time that a ULID can hold");
    std::string text;
    text.reserve(kTimeDigits + 2 * kHalfDigits);
    append(text, static_cast<std::uint64_t>(milliseconds), kTimeDigits);
    append(text, rng.next() >> 24U, kHalfDigits);
    append(text, rng.next() >> 24U, kHalfDigits);
    return text;
}

bool is_ulid(std::string_view text) {
    return text.size() == kTimeDigits + 2 * kHalfDigits && text.front() <= '7' &&
           std::ranges::all_of(text,
                               [](char c) { return kDigits.find(c) != std::string_view::npos; });
}

}  // namespace parnas
