// SPDX-License-Identifier: Apache-2.0
#include "search/analysis/box_function.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/rng.h"
#include "tests/support/catch.h"

namespace parnas::search {
namespace {

// The unit cube, cut at random places.
BoxFunction random_boxes(std::size_t axes, std::size_t boxes, Rng& rng) {
    BoxFunction function{.axes = axes,
                         .low = std::vector<double>(axes, 0.0),
                         .high = std::vector<double>(axes, 1.0),
                         .values = {rng.normal()}};
    while (function.size() < boxes) {
        const std::size_t box = rng.below(function.size());
        const std::size_t axis = rng.below(axes);
        const std::size_t at = box * axes + axis;
        const double cut = rng.uniform(function.low[at], function.high[at]);
        for (std::size_t i = 0; i < axes; ++i) {
            function.low.push_back(function.low[box * axes + i]);
            function.high.push_back(function.high[box * axes + i]);
        }
        function.high[at] = cut;
        function.low[function.size() * axes + axis] = cut;
        function.values.push_back(rng.normal());
    }
    return function;
}

// On a grid that has all ends of boxes: cells by their place on each axis.
class Grid {
  public:
    explicit Grid(const BoxFunction& function) : function_(function) {
        for (std::size_t axis = 0; axis < function.axes; ++axis) {
            std::vector<double> ends;
            for (std::size_t box = 0; box < function.size(); ++box) {
                ends.push_back(function.low[box * function.axes + axis]);
                ends.push_back(function.high[box * function.axes + axis]);
            }
            std::ranges::sort(ends);
            ends.erase(std::unique(ends.begin(), ends.end()), ends.end());
            ends_.push_back(ends);
        }
    }

    // The variance of the mean over all axes that are not kept.
    double variance(const std::vector<bool>& kept) const {
        const double mean = mean_where(std::vector<bool>(kept.size(), false), {});
        double sum = 0.0;
        for_each_cell(kept, [&](const std::vector<std::size_t>& cell, double volume) {
            const double deviation = mean_where(kept, cell) - mean;
            sum += volume * deviation * deviation;
        });
        return sum;
    }

  private:
    // All cells of the axes that are `on`, with the volume that they have there.
    template <typename Visit>
    void for_each_cell(const std::vector<bool>& on, const Visit& visit) const {
        std::vector<std::size_t> cell(on.size(), 0);
        while (true) {
            double volume = 1.0;
            for (std::size_t axis = 0; axis < on.size(); ++axis)
                if (on[axis])
                    volume *= ends_[axis][cell[axis] + 1] - ends_[axis][cell[axis]];
            visit(cell, volume);
            std::size_t axis = 0;
            while (axis < on.size() && (!on[axis] || cell[axis] + 2 == ends_[axis].size()))
                cell[axis++] = 0;
            if (axis == on.size())
                return;
            ++cell[axis];
        }
    }

    double mean_where(const std::vector<bool>& fixed, const std::vector<std::size_t>& at) const {
        std::vector<bool> open;
        for (const bool each : fixed)
            open.push_back(!each);
        double sum = 0.0;
        for_each_cell(open, [&](std::vector<std::size_t> cell, double volume) {
            for (std::size_t axis = 0; axis < fixed.size(); ++axis)
                if (fixed[axis])
                    cell[axis] = at[axis];
            sum += volume * value(cell);
        });
        return sum;
    }

    double value(const std::vector<std::size_t>& cell) const {
        for (std::size_t box = 0; box < function_.size(); ++box) {
            bool inside = true;
            for (std::size_t axis = 0; axis < function_.axes; ++axis) {
                const double middle = 0.5 * (ends_[axis][cell[axis]] + ends_[axis][cell[axis] + 1]);
                const std::size_t place = box * function_.axes + axis;
                inside = inside && function_.low[place] < middle && middle < function_.high[place];
            }
            if (inside)
                return function_.values[box];
        }
        return NAN;
    }

    const BoxFunction& function_;
    std::vector<std::vector<double>> ends_;
};

}  // namespace

TEST_CASE("the parts of a variance equal sums over a grid", "[search][analysis]") {
    Rng rng(1);
    for (int round = 0; round < 20; ++round) {
        const BoxFunction function = random_boxes(1 + rng.below(3), 1 + rng.below(8), rng);
        const VarianceParts parts(function);
        const Grid grid(function);
        const std::size_t axes = function.axes;
        CHECK(parts.total() == Approx(grid.variance(std::vector<bool>(axes, true))).margin(1e-12));
        for (std::size_t i = 0; i < axes; ++i) {
            std::vector<bool> one(axes, false);
            one[i] = true;
            CHECK(parts.alone(i) == Approx(grid.variance(one)).margin(1e-12));
            CHECK(parts.together(i, i) == 0.0);
            for (std::size_t j = 0; j < i; ++j) {
                std::vector<bool> two = one;
                two[j] = true;
                const double both = grid.variance(two) - parts.alone(i) - parts.alone(j);
                CHECK(parts.together(i, j) == Approx(both).margin(1e-12));
                CHECK(parts.together(j, i) == Approx(both).margin(1e-12));
            }
        }
    }
}

TEST_CASE("the parts of two arguments sum up to the whole", "[search][analysis]") {
    Rng rng(2);
    const BoxFunction function = random_boxes(2, 200, rng);
    const VarianceParts parts(function);
    CHECK(parts.alone(0) + parts.alone(1) + parts.together(0, 1) == Approx(parts.total()));
}

TEST_CASE("a constant has no variance", "[search][analysis]") {
    const BoxFunction function{.axes = 1, .low = {0.0}, .high = {1.0}, .values = {7.0}};
    CHECK(VarianceParts(function).total() == 0.0);
    CHECK(VarianceParts(function).alone(0) == 0.0);
}

}  // namespace parnas::search
