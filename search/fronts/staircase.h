// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <iterator>
#include <limits>

namespace parnas::search {

// The area that points dominate below a reference corner, as points come in. `Steps` is a
// sorted map of double to double: std::map for many steps, boost::container::flat_map for few.
template <typename Steps>
class Staircase {
  public:
    Staircase(double reference_x, double reference_y) {
        steps_.emplace(-kInfinity, reference_y);
        steps_.emplace(reference_x, -kInfinity);
    }

    // (x, y) lies below the reference. One look-up, and O(1) for each step that it removes.
    void insert(double x, double y) {
        auto step = std::prev(steps_.upper_bound(x));
        double left = x;
        while (step->second > y) {
            const auto next = std::next(step);
            area_ += (next->first - left) * (step->second - y);
            left = next->first;
            step = step->first >= x ? steps_.erase(step) : next;
        }
        if (left > x)
            steps_.emplace_hint(step, x, y);
    }

    double area() const { return area_; }

  private:
    static constexpr double kInfinity = std::numeric_limits<double>::infinity();

    Steps steps_;  // x -> y from x on, never rising; between two guards
    double area_ = 0.0;
};

}  // namespace parnas::search
