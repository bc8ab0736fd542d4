// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <vector>

#include "hw_models/fitting/feature_schema.h"

namespace parnas::hw_models {

// How columns vary over networks of a space, whether they were measured or not.
struct FeatureStatistics {
    Eigen::VectorXd mean;    // per column
    Eigen::VectorXd spread;  // the standard deviation; 0 if it is but rounding
};

// At least one row.
FeatureStatistics statistics_of(const FeatureRows& reference);

// Features as a model with priors takes them: of some blocks, in units of their standard
// deviation over a reference, and so that a row's squared length within a block is 1 on average.
// Columns that do not vary there are left out, but remembered. A value.
struct FeatureScale {
    FeatureScale() = default;
    // `reference`: of the schema.
    FeatureScale(const FeatureSchema& schema,
                 std::span<const std::string> blocks,
                 const FeatureStatistics& reference);
    // n x size(); `rows` of the schema.
    FeatureRows scaled(const FeatureRows& rows) const;
    // Whether a column that did not vary in the reference has another value: what its effect is
    // cannot be known.
    bool is_strange(const FeatureRows& rows, Eigen::Index row) const;

    // Of the scaled columns: those of the schema, and which of the blocks chosen each belongs to.
    Eigen::Index size() const { return mean.size(); }
    std::vector<Eigen::Index> columns;
    std::vector<Eigen::Index> block_of;
    Eigen::VectorXd mean;
    Eigen::VectorXd factor;
    // Those that did not vary.
    std::vector<Eigen::Index> constant_columns;
    std::vector<double> constants;
};

}  // namespace parnas::hw_models
