// SPDX-License-Identifier: Apache-2.0
#include "hw_models/fitting/feature_schema.h"

#include <string_view>

#include <fmt/format.h>

#include "core/error.h"

namespace parnas::hw_models {

Eigen::Index FeatureSchema::columns() const {
    std::size_t count = 0;
    for (const FeatureBlock& block : blocks)
        count += block.columns.size();
    return static_cast<Eigen::Index>(count);
}

Eigen::Index FeatureSchema::first_column(std::string_view block) const {
    std::size_t first = 0;
    for (const FeatureBlock& each : blocks) {
        if (each.name == block)
            return static_cast<Eigen::Index>(first);
        first += each.columns.size();
    }
    throw Error(ErrorKind::invalid_input, fmt::format("no block of features is named '{}'", block));
}

const FeatureBlock& FeatureSchema::block(std::string_view name) const {
    for (const FeatureBlock& each : blocks)
        if (each.name == name)
            return each;
    throw Error(ErrorKind::invalid_input, fmt::format("no block of features is named '{}'", name));
}

Digest FeatureSchema::digest() const {
    std::string text;
    for (const FeatureBlock& block : blocks) {
        text += block.name + '\n';
        for (const std::string& column : block.columns)
            text += '\t' + column + '\n';
    }
    return hash_bytes(text);
}

}  // namespace parnas::hw_models
