// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>

namespace parnas {

// Quantities whose units the compiler keeps apart: a latency in seconds given where milliseconds
// are meant is a known way to a wrong result. Times are the standard library's durations,
// which convert into each other. Numbers become quantities explicitly and leave them by
// count(); metrics and documents have plain numbers and the unit in their name.
using Seconds = std::chrono::duration<double>;
using Milliseconds = std::chrono::duration<double, std::milli>;

// An amount in one unit, named by a tag; a plain number in memory.
template <typename Unit, typename Rep = double>
class Quantity {
  public:
    constexpr Quantity() = default;
    explicit constexpr Quantity(Rep count) : count_(count) {}

    constexpr Rep count() const { return count_; }

    constexpr auto operator<=>(const Quantity&) const = default;

    constexpr Quantity& operator+=(Quantity other) {
        count_ += other.count_;
        return *this;
    }
    friend constexpr Quantity operator+(Quantity a, Quantity b) { return a += b; }
    friend constexpr Quantity operator-(Quantity a, Quantity b) {
        return Quantity(a.count_ - b.count_);
    }
    friend constexpr Quantity operator*(Rep factor, Quantity a) {
        return Quantity(factor * a.count_);
    }

  private:
    Rep count_{};
};

using Millijoules = Quantity<struct MillijouleUnit>;
using Watts = Quantity<struct WattUnit>;
using Bytes = Quantity<struct ByteUnit, std::int64_t>;

constexpr Millijoules operator*(Watts power, Milliseconds time) {
    return Millijoules(power.count() * time.count());
}

}  // namespace parnas
