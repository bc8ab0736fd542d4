// SPDX-License-Identifier: Apache-2.0
#include "search/analysis/regression_tree.h"

#include <algorithm>
#include <limits>
#include <vector>

#include "tests/support/catch.h"

namespace parnas::search {
namespace {

TreeSample random_sample(std::size_t axes, std::size_t count, Rng& rng) {
    TreeSample sample{.axes = axes};
    for (std::size_t i = 0; i < axes * count; ++i)
        sample.positions.push_back(rng.uniform());
    for (std::size_t i = 0; i < count; ++i) {
        sample.values.push_back(rng.normal());
        sample.weights.push_back(static_cast<double>(1 + rng.below(3)));
    }
    return sample;
}

bool holds(const BoxFunction& tree, std::size_t box, const TreeSample& sample, std::size_t row) {
    for (std::size_t axis = 0; axis < sample.axes; ++axis) {
        const double position = sample.axis(axis)[row];
        const std::size_t at = box * sample.axes + axis;
        if (position < tree.low[at] || position >= tree.high[at])
            return false;
    }
    return true;
}

// Weighted squares around the value of the box that each observation lies in.
double squares(const BoxFunction& tree, const TreeSample& sample) {
    double sum = 0.0;
    for (std::size_t row = 0; row < sample.values.size(); ++row)
        for (std::size_t box = 0; box < tree.size(); ++box)
            if (holds(tree, box, sample, row)) {
                const double error = sample.values[row] - tree.values[box];
                sum += sample.weights[row] * error * error;
            }
    return sum;
}

// The least squares that two parts, cut between two neighbours, can have.
double best_squares(const TreeSample& sample) {
    double best = std::numeric_limits<double>::infinity();
    for (std::size_t axis = 0; axis < sample.axes; ++axis)
        for (std::size_t edge = 0; edge < sample.values.size(); ++edge) {
            double squares = 0.0;
            for (const bool left : {true, false}) {
                double weight = 0.0;
                double mean = 0.0;
                const auto visit = [&](const auto& add) {
                    for (std::size_t row = 0; row < sample.values.size(); ++row)
                        if ((sample.axis(axis)[row] <= sample.axis(axis)[edge]) == left)
                            add(sample.weights[row], sample.values[row]);
                };
                visit([&](double w, double value) {
                    weight += w;
                    mean += w * value;
                });
                visit([&](double w, double value) {
                    squares += w * (value - mean / weight) * (value - mean / weight);
                });
            }
            best = std::min(best, squares);
        }
    return best;
}

}  // namespace

TEST_CASE("a tree's first split is the best there is", "[search][analysis]") {
    Rng rng(3);
    for (int round = 0; round < 50; ++round) {
        const TreeSample sample = random_sample(1 + rng.below(3), 2 + rng.below(10), rng);
        const BoxFunction tree = grow_tree(sample, {.max_depth = 1}, rng);
        REQUIRE(tree.size() == 2);
        CHECK(squares(tree, sample) == Approx(best_squares(sample)).margin(1e-12));
    }
}

TEST_CASE("a tree learns every observation by heart, and its leaves tile the cube",
          "[search][analysis]") {
    Rng rng(4);
    const TreeSample sample = random_sample(3, 200, rng);
    const BoxFunction tree = grow_tree(sample, {}, rng);
    CHECK(tree.size() == 200);
    CHECK(squares(tree, sample) < 1e-20);
    double volume = 0.0;
    for (std::size_t box = 0; box < tree.size(); ++box) {
        double of_box = 1.0;
        for (std::size_t at = box * 3; at < box * 3 + 3; ++at)
            of_box *= tree.high[at] - tree.low[at];
        volume += of_box;
    }
    CHECK(volume == Approx(1.0));
}

TEST_CASE("leaves hold as many observations as they must", "[search][analysis]") {
    Rng rng(5);
    const TreeSample sample = random_sample(2, 60, rng);
    const BoxFunction tree = grow_tree(sample, {.min_leaf = 7}, rng);
    CHECK(tree.size() > 1);
    for (std::size_t box = 0; box < tree.size(); ++box) {
        int inside = 0;
        for (std::size_t row = 0; row < sample.values.size(); ++row)
            inside += holds(tree, box, sample, row) ? 1 : 0;
        CHECK(inside >= 7);
    }
}

TEST_CASE("a tree does not split where there is nothing to tell apart", "[search][analysis]") {
    Rng rng(6);
    const TreeSample equal_values{
        .axes = 1, .positions = {0.1, 0.9}, .values = {2.0, 2.0}, .weights = {1.0, 1.0}};
    CHECK(grow_tree(equal_values, {}, rng).values == std::vector<double>{2.0});
    const TreeSample one_place{
        .axes = 1, .positions = {0.5, 0.5}, .values = {1.0, 4.0}, .weights = {2.0, 1.0}};
    CHECK(grow_tree(one_place, {}, rng).values == std::vector<double>{2.0});
}

}  // namespace parnas::search
