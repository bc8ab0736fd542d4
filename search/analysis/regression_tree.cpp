// SPDX-License-Identifier: Apache-2.0
#include "search/analysis/regression_tree.h"

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <optional>
#include <span>

namespace parnas::search {
namespace {

struct Split {
    std::size_t axis = 0;
    double at = 0.0;
    double score = 0.0;  // less squares: larger is better
};

struct Sums {
    double weight = 0.0;
    double value = 0.0;  // weighted

    void add(const TreeSample& sample, std::uint32_t row) {
        weight += sample.weights[row];
        value += sample.weights[row] * sample.values[row];
    }
    double score() const { return value * value / weight; }
};

class Grower {
  public:
    Grower(const TreeSample& sample, const TreeShape& shape, Rng& rng)
        : sample_(sample), shape_(shape), rng_(rng), goes_left_(sample.values.size()) {
        for (std::size_t axis = 0; axis < sample.axes; ++axis) {
            std::vector<std::uint32_t> rows(sample.values.size());
            std::iota(rows.begin(), rows.end(), 0U);
            const double* positions = sample.axis(axis);
            std::ranges::stable_sort(
                rows, {}, [positions](std::uint32_t row) { return positions[row]; });
            orders_.push_back(std::move(rows));
        }
        if (orders_.empty()) {
            orders_.emplace_back(sample.values.size());
            std::iota(orders_[0].begin(), orders_[0].end(), 0U);
        }
        spare_.resize(sample.values.size());
        low_.assign(sample.axes, 0.0);
        high_.assign(sample.axes, 1.0);
        leaves_.axes = sample.axes;
    }

    BoxFunction grow() {
        grow(0, sample_.values.size(), 0);
        return std::move(leaves_);
    }

  private:
    // The node's rows are [begin, end) of every order.
    void grow(std::size_t begin, std::size_t end, std::size_t depth) {
        const std::optional<Split> split =
            depth < shape_.max_depth ? best_split(begin, end) : std::nullopt;
        if (!split) {
            add_leaf(begin, end);
            return;
        }
        const std::size_t middle = partition(*split, begin, end);
        double& high = high_[split->axis];
        double& low = low_[split->axis];
        const double old_high = std::exchange(high, split->at);
        grow(begin, middle, depth + 1);
        high = old_high;
        const double old_low = std::exchange(low, split->at);
        grow(middle, end, depth + 1);
        low = old_low;
    }

    std::optional<Split> best_split(std::size_t begin, std::size_t end) {
        const auto rows = std::span(orders_[0]).subspan(begin, end - begin);
        const auto value = [this](std::uint32_t row) { return sample_.values[row]; };
        const auto [least, most] = std::ranges::minmax(rows, {}, value);
        if (value(least) == value(most) || sample_.axes == 0)
            return std::nullopt;
        Sums all;
        for (const std::uint32_t row : rows)
            all.add(sample_, row);
        std::optional<Split> best;
        const std::size_t first = rng_.below(sample_.axes);
        for (std::size_t i = 0; i < sample_.axes; ++i)
            try_axis((first + i) % sample_.axes, begin, end, all, best);
        return best;
    }

    void try_axis(std::size_t axis,
                  std::size_t begin,
                  std::size_t end,
                  const Sums& all,
                  std::optional<Split>& best) const {
        const double* positions = sample_.axis(axis);
        const std::vector<std::uint32_t>& rows = orders_[axis];
        Sums left;
        for (std::size_t i = begin; i + shape_.min_leaf < end; ++i) {
            left.add(sample_, rows[i]);
            const double here = positions[rows[i]];
            const double next = positions[rows[i + 1]];
            if (i + 1 - begin < shape_.min_leaf || here == next)
                continue;
            const Sums right{.weight = all.weight - left.weight, .value = all.value - left.value};
            const double score = left.score() + right.score();
            const double at = here + 0.5 * (next - here);
            // Neighbours may be too close for a number between them.
            if ((!best || score > best->score) && here < at)
                best = Split{.axis = axis, .at = at, .score = score};
        }
    }

    // Every order keeps its order on both sides.
    std::size_t partition(const Split& split, std::size_t begin, std::size_t end) {
        const double* positions = sample_.axis(split.axis);
        for (std::size_t i = begin; i < end; ++i) {
            const std::uint32_t row = orders_[split.axis][i];
            goes_left_[row] = positions[row] < split.at;
        }
        std::size_t middle = begin;
        for (std::vector<std::uint32_t>& rows : orders_) {
            std::size_t kept = begin;
            std::size_t moved = 0;
            for (std::size_t i = begin; i < end; ++i)
                if (goes_left_[rows[i]])
                    rows[kept++] = rows[i];
                else
                    spare_[moved++] = rows[i];
            std::copy_n(spare_.begin(), moved, rows.begin() + static_cast<std::ptrdiff_t>(kept));
            middle = kept;
        }
        return middle;
    }

    void add_leaf(std::size_t begin, std::size_t end) {
        Sums sums;
        for (std::size_t i = begin; i < end; ++i)
            sums.add(sample_, orders_[0][i]);
        leaves_.low.insert(leaves_.low.end(), low_.begin(), low_.end());
        leaves_.high.insert(leaves_.high.end(), high_.begin(), high_.end());
        leaves_.values.push_back(sums.value / sums.weight);
    }

    const TreeSample& sample_;
    TreeShape shape_;
    Rng& rng_;
    std::vector<std::vector<std::uint32_t>> orders_;  // rows by position, for each axis
    std::vector<std::uint32_t> spare_;
    std::vector<char> goes_left_;
    std::vector<double> low_;  // the box of the node
    std::vector<double> high_;
    BoxFunction leaves_;
};

}  // namespace

BoxFunction grow_tree(const TreeSample& sample, const TreeShape& shape, Rng& rng) {
    return Grower(sample, shape, rng).grow();
}

}  // namespace parnas::search
