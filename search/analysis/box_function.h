// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

namespace parnas::search {

// A function on [0, 1]^d that is constant on boxes, which tile the cube: a regression tree as
// its leaves.
struct BoxFunction {
    std::size_t axes = 0;     // d
    std::vector<double> low;  // boxes x d, row by row; low < high
    std::vector<double> high;
    std::vector<double> values;  // one per box

    std::size_t size() const { return values.size(); }
};

// How much of such a function's variance its arguments explain, each of them uniform and
// independent of the others (Sobol's decomposition; for trees: Hutter, Hoos and Leyton-Brown,
// "An Efficient Approach for Assessing Hyperparameter Importance", ICML 2014). Exact but for
// rounding. Refers to the function.
class VarianceParts {
  public:
    explicit VarianceParts(const BoxFunction& function);

    double total() const { return total_; }
    // Of the mean over all other arguments: V_j.
    double alone(std::size_t axis) const;
    // What two arguments explain together beyond what each does alone: V_jk, 0 if j == k.
    // O(boxes + cells of the grid that the boxes' ends make on the two axes).
    double together(std::size_t first, std::size_t second) const;

  private:
    // Where the boxes begin and end on one axis.
    struct Cuts {
        std::vector<double> ends;        // of cells, ascending, from 0 to 1
        std::vector<std::size_t> begin;  // of each box: its first cell, and the one after its last
        std::vector<std::size_t> end;

        std::size_t cells() const { return ends.size() - 1; }
        double width(std::size_t cell) const { return ends[cell + 1] - ends[cell]; }
    };

    Cuts make_cuts(std::size_t axis) const;
    double width(std::size_t box, std::size_t axis) const;

    const BoxFunction& function_;
    std::vector<Cuts> cuts_;
    std::vector<double> volumes_;
    std::vector<double> centred_;  // values less their mean
    double total_ = 0.0;
};

}  // namespace parnas::search
