// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

#include "search/analysis/check_observations.h"
#include "search/analysis/importance.h"
#include "search/samplers/tpe/parzen_axis.h"

namespace parnas::search {
namespace {

constexpr std::size_t kMostPedCells = 50;
constexpr double kFlatWeight = 1.0;  // of the kernel that each density has beside the trials'

// A parameter as a row of equal cells of [0, 1].
struct CellRow {
    std::size_t cells = 0;
    bool smooth = true;  // neighbouring cells have something in common

    std::size_t cell_of(double position) const {
        return std::min(cells - 1, static_cast<std::size_t>(position * static_cast<double>(cells)));
    }
};

CellRow cell_row(const spaces::Domain& domain) {
    const auto count = spaces::cardinality(domain);
    if (const auto* categorical = std::get_if<spaces::Categorical>(&domain))
        return {.cells = categorical->choices.size(), .smooth = categorical->ordered};
    const auto* integer = std::get_if<spaces::Integer>(&domain);
    const bool even = integer == nullptr || !integer->log;
    return {.cells = even && count && *count <= kMostPedCells ? static_cast<std::size_t>(*count)
                                                              : kMostPedCells};
}

// Scott's rule for `sorted` positions, as Optuna takes it: not so narrow that a kernel would
// leave its cell with less than a tenth.
double scott_width(const std::vector<double>& sorted, std::size_t cells) {
    const double n = static_cast<double>(sorted.size());
    const double mean = std::accumulate(sorted.begin(), sorted.end(), 0.0) / n;
    double squares = 0.0;
    for (const double each : sorted)
        squares += (each - mean) * (each - mean);
    const double stddev = sorted.size() > 1 ? std::sqrt(squares / (n - 1.0)) : 0.0;
    const double quartiles = sorted[sorted.size() * 3 / 4] - sorted[sorted.size() / 4];
    const double scott = 1.059 * std::min(stddev, quartiles / 1.34) * std::pow(n, -0.2);
    return std::max(scott, 0.5 / 1.64 / static_cast<double>(cells));
}

// The mass of each cell for trials at `positions`, at least one.
std::vector<double> cell_masses(const CellRow& row, std::vector<double> positions) {
    const double share = 1.0 / static_cast<double>(row.cells);
    std::vector<double> masses(row.cells, kFlatWeight * share);
    std::vector<double> counts(row.cells, 0.0);
    for (const double position : positions)
        counts[row.cell_of(position)] += 1.0;
    std::ranges::sort(positions);
    const double width = scott_width(positions, row.cells);
    for (std::size_t from = 0; from < row.cells; ++from) {
        if (counts[from] == 0.0)
            continue;
        if (!row.smooth) {
            masses[from] += counts[from];
            continue;
        }
        const double centre = (static_cast<double>(from) + 0.5) * share;
        const double inside = normal_mass(0.0, 1.0, centre, width);
        for (std::size_t to = 0; to < row.cells; ++to)
            masses[to] += counts[from] / inside *
                          normal_mass(static_cast<double>(to) * share,
                                      static_cast<double>(to + 1) * share,
                                      centre,
                                      width);
    }
    for (double& mass : masses)
        mass /= static_cast<double>(positions.size()) + kFlatWeight;
    return masses;
}

// E[(p / q - 1)^2] under q.
double pearson(const std::vector<double>& p, const std::vector<double>& q) {
    double sum = 0.0;
    for (std::size_t cell = 0; cell < p.size(); ++cell)
        sum += (p[cell] - q[cell]) * (p[cell] - q[cell]) / q[cell];
    return sum;
}

// The best share of `values`, all minimised, with those that equal the last of them.
double threshold(std::vector<double> values, double share) {
    const double wanted = std::ceil(share * static_cast<double>(values.size()));
    const auto place = static_cast<std::size_t>(std::max(1.0, wanted)) - 1;
    std::ranges::nth_element(values, values.begin() + static_cast<std::ptrdiff_t>(place));
    return values[place];
}

std::vector<double> positions_below(const Observations& seen,
                                    std::size_t axis,
                                    const std::vector<double>& values,
                                    double most) {
    std::vector<double> found;
    for (std::size_t trial = 0; trial < seen.size(); ++trial)
        if (values[trial] <= most && !std::isnan(seen.position(trial, axis)))
            found.push_back(seen.position(trial, axis));
    return found;
}

}  // namespace

Importance ped_anova(const Observations& seen,
                     Direction direction,
                     const PedAnovaOptions& options) {
    if (!(options.quantile > 0.0 && options.quantile < options.region && options.region <= 1.0))
        throw Error(ErrorKind::invalid_input,
                    fmt::format("expected 0 < quantile < region <= 1, got {} and {}",
                                options.quantile,
                                options.region));
    check_observations(seen);
    std::vector<double> values = seen.values;
    if (direction == Direction::maximize)
        for (double& value : values)
            value = -value;
    const double good = threshold(values, options.quantile);
    const double region = threshold(values, options.region);
    const auto region_size = static_cast<double>(
        std::ranges::count_if(values, [region](double value) { return value <= region; }));

    Importance found;
    double total = 0.0;
    for (std::size_t axis = 0; axis < seen.axes.size(); ++axis) {
        const std::vector<double> at_good = positions_below(seen, axis, values, good);
        const std::vector<double> at_region = positions_below(seen, axis, values, region);
        double divergence = 0.0;
        if (!at_good.empty()) {
            const CellRow row = cell_row(seen.axes[axis].domain);
            divergence = static_cast<double>(at_region.size()) / region_size *
                         pearson(cell_masses(row, at_good), cell_masses(row, at_region));
        }
        total += divergence;
        found.params.push_back({.name = seen.axes[axis].name,
                                .share = divergence,
                                .spread = std::nullopt,
                                .trials = count_known(seen, axis)});
    }
    if (total == 0.0)
        throw Error(ErrorKind::invalid_input,
                    fmt::format("the best {:g} % of the trials lie where all of them do: their "
                                "values are equal",
                                100.0 * options.quantile));
    for (ParamImportance& param : found.params)
        param.share /= total;
    std::ranges::stable_sort(found.params, std::ranges::greater(), &ParamImportance::share);
    return found;
}

}  // namespace parnas::search
