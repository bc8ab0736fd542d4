// SPDX-License-Identifier: Apache-2.0
#include "search/samplers/gp/quantity.h"

#include <algorithm>
#include <boost/math/special_functions/erf.hpp>
#include <cmath>
#include <numbers>

#include "search/points/low_discrepancy.h"

namespace parnas::search {
namespace {

// As a share of the variance of what was observed: less noise is not worth the draws.
constexpr double kLittleNoise = 1e-3;

// Trials that hyperparameters are learnt from.
constexpr std::size_t kMostToFit = 256;

// Length scales grow as distances do (Hvarfner, Hellsten and Nardi, ICML 2024): two random points
// of the unit cube are sqrt(axes / 6) apart.
double expected_length(std::size_t axes) {
    return std::sqrt(std::max(1.0, static_cast<double>(axes) / 6.0));
}

// Standard normal numbers that are spread evenly over the columns.
Eigen::MatrixXd even_normals(Eigen::Index rows, std::size_t columns, const Rng& rng) {
    Eigen::MatrixXd result(rows, static_cast<Eigen::Index>(columns));
    if (rows == 0)
        return result;
    const auto dimensions = std::min(static_cast<std::size_t>(rows), kMostSobolDimensions);
    const PointSequence points = make_sobol(dimensions, rng);
    for (std::size_t column = 0; column < columns; ++column) {
        const std::vector<double> point = points(column);
        for (Eigen::Index row = 0; row < rows; ++row) {
            const double share = point[static_cast<std::size_t>(row) % dimensions];
            const double chance = std::clamp(share, 1e-9, 1.0 - 1e-9);
            result(row, static_cast<Eigen::Index>(column)) =
                -std::numbers::sqrt2 * boost::math::erfc_inv(2.0 * chance);
        }
    }
    return result;
}

}  // namespace

Quantity::Quantity(const Features& features, Noise noise)
    : features_(features),
      surrogate_({.axis_of = features.axis_of(),
                  .noise = noise,
                  .length = expected_length(features.axes().size()),
                  .most = kMostToFit,
                  .most_to_fit = kMostToFit},
                 [this](std::size_t count) {
                     return standardise(std::span(values_).first(count)).values;
                 }) {}

void Quantity::tell(const Genotype& genotype, double value) {
    values_.push_back(value);
    points_.push_back(features_.point(genotype));
    surrogate_.add(points_.back());
}

const MaternProcess& Quantity::learn() {
    surrogate_.update();
    return surrogate_.process();
}

DrawnProcess Quantity::process(std::span<const std::size_t> rows, const Unknown& unknown) {
    const MaternProcess& learnt = learn();
    const Standardised all = scale();
    const auto count = static_cast<Eigen::Index>(rows.size());
    Points points(count, features_.coordinates());
    Eigen::VectorXd targets(count);
    for (Eigen::Index i = 0; i < count; ++i) {
        const std::size_t row = rows[static_cast<std::size_t>(i)];
        points.row(i) = points_[row];
        targets[i] = all.values[static_cast<Eigen::Index>(row)];
    }
    const bool noisy = unknown.draws > 1 && learnt.noise > kLittleNoise;
    const Eigen::MatrixXd normals =
        even_normals(unknown.pending.rows() + (noisy ? count : 0), unknown.draws, unknown.rng);
    return {learnt.kernel(features_.axis_of()),
            {.points = points, .targets = targets, .noise = learnt.noise},
            {.pending = unknown.pending, .noisy = noisy, .normals = normals}};
}

}  // namespace parnas::search
