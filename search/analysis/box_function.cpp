// SPDX-License-Identifier: Apache-2.0
#include "search/analysis/box_function.h"

#include <algorithm>

namespace parnas::search {

VarianceParts::VarianceParts(const BoxFunction& function) : function_(function) {
    for (std::size_t axis = 0; axis < function.axes; ++axis)
        cuts_.push_back(make_cuts(axis));
    double mean = 0.0;
    for (std::size_t box = 0; box < function.size(); ++box) {
        double volume = 1.0;
        for (std::size_t axis = 0; axis < function.axes; ++axis)
            volume *= width(box, axis);
        volumes_.push_back(volume);
        mean += volume * function.values[box];
    }
    for (std::size_t box = 0; box < function.size(); ++box) {
        centred_.push_back(function.values[box] - mean);
        total_ += volumes_[box] * centred_[box] * centred_[box];
    }
}

double VarianceParts::width(std::size_t box, std::size_t axis) const {
    const std::size_t at = box * function_.axes + axis;
    return function_.high[at] - function_.low[at];
}

VarianceParts::Cuts VarianceParts::make_cuts(std::size_t axis) const {
    Cuts cuts;
    for (std::size_t at = axis; at < function_.low.size(); at += function_.axes) {
        cuts.ends.push_back(function_.low[at]);
        cuts.ends.push_back(function_.high[at]);
    }
    std::ranges::sort(cuts.ends);
    cuts.ends.erase(std::unique(cuts.ends.begin(), cuts.ends.end()), cuts.ends.end());
    const auto place = [&cuts](double end) {
        return static_cast<std::size_t>(std::ranges::lower_bound(cuts.ends, end) -
                                        cuts.ends.begin());
    };
    for (std::size_t at = axis; at < function_.low.size(); at += function_.axes) {
        cuts.begin.push_back(place(function_.low[at]));
        cuts.end.push_back(place(function_.high[at]));
    }
    return cuts;
}

double VarianceParts::alone(std::size_t axis) const {
    const Cuts& cuts = cuts_[axis];
    std::vector<double> changes(cuts.cells() + 1, 0.0);  // of the marginal, from cell to cell
    for (std::size_t box = 0; box < function_.size(); ++box) {
        const double share = centred_[box] * volumes_[box] / width(box, axis);
        changes[cuts.begin[box]] += share;
        changes[cuts.end[box]] -= share;
    }
    double marginal = 0.0;
    double variance = 0.0;
    for (std::size_t cell = 0; cell < cuts.cells(); ++cell) {
        marginal += changes[cell];
        variance += cuts.width(cell) * marginal * marginal;
    }
    return variance;
}

double VarianceParts::together(std::size_t first, std::size_t second) const {
    if (first == second)
        return 0.0;
    const Cuts& rows = cuts_[first];
    const Cuts& columns = cuts_[second];
    const std::size_t stride = columns.cells() + 1;
    std::vector<double> changes((rows.cells() + 1) * stride, 0.0);
    for (std::size_t box = 0; box < function_.size(); ++box) {
        const double share =
            centred_[box] * volumes_[box] / (width(box, first) * width(box, second));
        changes[rows.begin[box] * stride + columns.begin[box]] += share;
        changes[rows.begin[box] * stride + columns.end[box]] -= share;
        changes[rows.end[box] * stride + columns.begin[box]] -= share;
        changes[rows.end[box] * stride + columns.end[box]] += share;
    }
    double variance = 0.0;
    std::vector<double> marginal(stride, 0.0);  // of the row, as changes from column to column
    for (std::size_t row = 0; row < rows.cells(); ++row) {
        double value = 0.0;
        double of_row = 0.0;
        for (std::size_t column = 0; column < columns.cells(); ++column) {
            marginal[column] += changes[row * stride + column];
            value += marginal[column];
            of_row += columns.width(column) * value * value;
        }
        variance += rows.width(row) * of_row;
    }
    return std::max(0.0, variance - alone(first) - alone(second));
}

}  // namespace parnas::search
