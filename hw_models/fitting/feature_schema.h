// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <Eigen/Core>

#include "core/hash.h"

namespace parnas::hw_models {

// Features of networks: a row for each network, a column for each feature.
using FeatureRows = Eigen::MatrixXd;

// Columns that belong together: they share a prior, and are left out together.
struct FeatureBlock {
    std::string name;
    std::vector<std::string> columns;
    bool operator==(const FeatureBlock&) const = default;
};

// What the columns of FeatureRows mean. A model may be asked about rows of the schema only that
// it was fitted with.
struct FeatureSchema {
    std::vector<FeatureBlock> blocks;  // their columns follow one another

    Eigen::Index columns() const;
    // Where a block's columns begin. Throws Error(invalid_input) for a block that is not there.
    Eigen::Index first_column(std::string_view block) const;
    const FeatureBlock& block(std::string_view name) const;
    // Of all names in their order.
    Digest digest() const;
    bool operator==(const FeatureSchema&) const = default;
};

}  // namespace parnas::hw_models
