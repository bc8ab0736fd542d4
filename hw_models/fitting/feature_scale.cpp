// SPDX-License-Identifier: Apache-2.0
#include "hw_models/fitting/feature_scale.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"

namespace parnas::hw_models {
namespace {

constexpr double kLeastSpread = 1e-9;  // of a column, by its largest value

}  // namespace

FeatureStatistics statistics_of(const FeatureRows& reference) {
    check(reference.rows() > 0, "statistics need rows");
    FeatureStatistics statistics{.mean = reference.colwise().mean(),
                                 .spread = Eigen::VectorXd(reference.cols())};
    for (Eigen::Index i = 0; i < reference.cols(); ++i) {
        const auto column = reference.col(i);
        const double spread = std::sqrt((column.array() - statistics.mean[i]).square().mean());
        const bool varies = spread > kLeastSpread * column.cwiseAbs().maxCoeff();
        statistics.spread[i] = varies ? spread : 0.0;
    }
    return statistics;
}

FeatureScale::FeatureScale(const FeatureSchema& schema,
                           std::span<const std::string> blocks,
                           const FeatureStatistics& reference) {
    check(reference.mean.size() == schema.columns(), "a scale is of its schema");
    std::vector<double> means;
    std::vector<double> factors;
    for (std::size_t b = 0; b < blocks.size(); ++b) {
        const Eigen::Index first = schema.first_column(blocks[b]);
        const std::size_t begin = columns.size();
        for (std::size_t i = 0; i < schema.block(blocks[b]).columns.size(); ++i) {
            const Eigen::Index column = first + static_cast<Eigen::Index>(i);
            const double centre = reference.mean[column];
            const double spread = reference.spread[column];
            if (spread == 0.0) {
                constant_columns.push_back(column);
                constants.push_back(centre);
                continue;
            }
            columns.push_back(column);
            block_of.push_back(static_cast<Eigen::Index>(b));
            means.push_back(centre);
            factors.push_back(1.0 / spread);
        }
        const double length = std::sqrt(static_cast<double>(columns.size() - begin));
        for (std::size_t i = begin; i < factors.size(); ++i)
            factors[i] /= length;
    }
    mean = Eigen::Map<const Eigen::VectorXd>(means.data(), std::ssize(means));
    factor = Eigen::Map<const Eigen::VectorXd>(factors.data(), std::ssize(factors));
}

FeatureRows FeatureScale::scaled(const FeatureRows& rows) const {
    FeatureRows result(rows.rows(), size());
    for (Eigen::Index i = 0; i < size(); ++i)
        result.col(i) =
            (rows.col(columns[static_cast<std::size_t>(i)]).array() - mean[i]) * factor[i];
    return result;
}

bool FeatureScale::is_strange(const FeatureRows& rows, Eigen::Index row) const {
    for (std::size_t i = 0; i < constants.size(); ++i) {
        const double least = kLeastSpread * std::max(std::abs(constants[i]), 1e-6);
        if (std::abs(rows(row, constant_columns[i]) - constants[i]) > 1e3 * least)
            return true;
    }
    return false;
}

}  // namespace parnas::hw_models
