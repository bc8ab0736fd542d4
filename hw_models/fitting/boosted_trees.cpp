// SPDX-License-Identifier: Apache-2.0
#include "hw_models/fitting/boosted_trees.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "core/error.h"

namespace parnas::hw_models {
namespace {

using Eigen::Index;
using Eigen::VectorXd;

constexpr std::size_t kBins = 64;

// A column as bins; bin b holds the values below edges[b] and not below edges[b - 1].
struct BinnedColumn {
    std::int32_t column = 0;
    std::vector<double> edges;
    std::vector<std::uint8_t> bins;  // per row
};

BinnedColumn bin(const FeatureRows& rows, Index column) {
    std::vector<double> values(rows.col(column).begin(), rows.col(column).end());
    std::ranges::sort(values);
    BinnedColumn binned{.column = static_cast<std::int32_t>(column)};
    std::vector<double> distinct = values;
    distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
    // Where there are more values than bins, as many rows in each.
    const bool few = distinct.size() <= kBins;
    const std::vector<double>& from = few ? distinct : values;
    const std::size_t bins = few ? distinct.size() : kBins;
    for (std::size_t b = 1; b < bins; ++b) {
        const std::size_t place = b * from.size() / bins;
        const double edge = 0.5 * (from[place - 1] + from[place]);
        if (from[place - 1] < edge && (binned.edges.empty() || edge > binned.edges.back()))
            binned.edges.push_back(edge);
    }
    for (Index i = 0; i < rows.rows(); ++i) {
        const auto above = std::ranges::upper_bound(binned.edges, rows(i, column));
        binned.bins.push_back(static_cast<std::uint8_t>(above - binned.edges.begin()));
    }
    return binned;
}

struct Sums {
    double value = 0.0;
    double count = 0.0;

    void add(double more) {
        value += more;
        count += 1.0;
    }
    double score() const { return count > 0.0 ? value * value / count : 0.0; }
};

struct SplitCandidate {
    std::size_t column = 0;  // index of the binned one
    std::size_t edge = 0;
    double gain = 0.0;  // by how much the sum of squares falls
};

struct Leaf {
    std::size_t place = 0;  // in the tree
    std::size_t begin = 0;  // of the rows
    std::size_t end = 0;
    Sums sums;
    std::optional<SplitCandidate> split;
};

class Grower {
  public:
    Grower(const FeatureRows& rows, const BoostedTreesOptions& options) : options_(options) {
        for (Index column = 0; column < rows.cols(); ++column)
            if (BinnedColumn binned = bin(rows, column); !binned.edges.empty())
                columns_.push_back(std::move(binned));
        order_.resize(static_cast<std::size_t>(rows.rows()));
    }

    // A tree of the residuals, from which its values are taken.
    BoostedTrees::Tree grow(VectorXd& residual) {
        for (std::size_t i = 0; i < order_.size(); ++i)
            order_[i] = static_cast<std::uint32_t>(i);
        BoostedTrees::Tree tree(1);
        std::vector<Leaf> leaves{make_leaf(0, 0, order_.size(), residual)};
        while (std::cmp_less(leaves.size(), options_.leaves)) {
            const auto best = std::ranges::max_element(
                leaves, {}, [](const Leaf& leaf) { return leaf.split ? leaf.split->gain : 0.0; });
            if (!best->split)
                break;
            const Leaf parent = *best;
            leaves.erase(best);
            divide(parent, residual, tree, leaves);
        }
        for (const Leaf& leaf : leaves) {
            const double value = options_.learning_rate * leaf.sums.value / leaf.sums.count;
            tree[leaf.place].value = value;
            for (std::size_t i = leaf.begin; i < leaf.end; ++i)
                residual[order_[i]] -= value;
        }
        return tree;
    }

  private:
    Leaf make_leaf(std::size_t place,
                   std::size_t begin,
                   std::size_t end,
                   const VectorXd& residual) {
        Leaf leaf{.place = place, .begin = begin, .end = end};
        for (std::size_t i = begin; i < end; ++i)
            leaf.sums.add(residual[order_[i]]);
        if (std::cmp_greater_equal(end - begin, 2 * options_.least_leaf))
            for (std::size_t column = 0; column < columns_.size(); ++column)
                look_for_split(column, residual, leaf);
        return leaf;
    }

    void look_for_split(std::size_t column, const VectorXd& residual, Leaf& leaf) {
        const BinnedColumn& binned = columns_[column];
        std::array<Sums, kBins> bins{};
        for (std::size_t i = leaf.begin; i < leaf.end; ++i)
            bins[binned.bins[order_[i]]].add(residual[order_[i]]);
        const auto least = static_cast<double>(options_.least_leaf);
        Sums left;
        for (std::size_t edge = 0; edge < binned.edges.size(); ++edge) {
            left.value += bins[edge].value;
            left.count += bins[edge].count;
            const Sums right{.value = leaf.sums.value - left.value,
                             .count = leaf.sums.count - left.count};
            if (left.count < least || right.count < least)
                continue;
            const double gain = left.score() + right.score() - leaf.sums.score();
            if (gain > (leaf.split ? leaf.split->gain : 1e-12))
                leaf.split = SplitCandidate{.column = column, .edge = edge, .gain = gain};
        }
    }

    void divide(const Leaf& parent,
                const VectorXd& residual,
                BoostedTrees::Tree& tree,
                std::vector<Leaf>& leaves) {
        const BinnedColumn& binned = columns_[parent.split->column];
        const auto first = order_.begin() + static_cast<std::ptrdiff_t>(parent.begin);
        const auto last = order_.begin() + static_cast<std::ptrdiff_t>(parent.end);
        const auto middle = std::stable_partition(
            first, last, [&](std::uint32_t row) { return binned.bins[row] <= parent.split->edge; });
        const auto cut = static_cast<std::size_t>(middle - order_.begin());
        const std::size_t left = tree.size();
        tree[parent.place] = {.column = binned.column,
                              .at = binned.edges[parent.split->edge],
                              .left = static_cast<std::int32_t>(left)};
        tree.resize(left + 2);
        leaves.push_back(make_leaf(left, parent.begin, cut, residual));
        leaves.push_back(make_leaf(left + 1, cut, parent.end, residual));
    }

    const BoostedTreesOptions& options_;
    std::vector<BinnedColumn> columns_;
    std::vector<std::uint32_t> order_;  // rows; those of a leaf lie together
};

}  // namespace

BoostedTrees::BoostedTrees(double constant, std::vector<Tree> trees)
    : constant_(constant), trees_(std::move(trees)) {}

VectorXd BoostedTrees::predict(const FeatureRows& rows) const {
    VectorXd values = VectorXd::Constant(rows.rows(), constant_);
    for (const Tree& tree : trees_)
        for (Index i = 0; i < rows.rows(); ++i) {
            const Split* split = &tree.front();
            while (split->column >= 0)
                split = &tree[static_cast<std::size_t>(split->left) +
                              (rows(i, split->column) < split->at ? 0 : 1)];
            values[i] += split->value;
        }
    return values;
}

BoostedTrees fit_boosted_trees(const FeatureRows& rows,
                               const VectorXd& values,
                               const BoostedTreesOptions& options) {
    check(rows.rows() > 0 && rows.rows() == values.size(), "trees are fitted to rows with values");
    const double constant = values.mean();
    VectorXd residual = values.array() - constant;
    Grower grower(rows, options);
    std::vector<BoostedTrees::Tree> trees;
    for (int i = 0; i < options.trees; ++i)
        trees.push_back(grower.grow(residual));
    return {constant, std::move(trees)};
}

}  // namespace parnas::hw_models
