// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>

#include <Eigen/Core>

namespace parnas::hw_models {

// Of at least one value; of an even number the mean of the two in the middle.
inline double median(Eigen::VectorXd values) {
    const auto middle = values.begin() + values.size() / 2;
    std::nth_element(values.begin(), middle, values.end());
    if (values.size() % 2 == 1)
        return *middle;
    return 0.5 * (*middle + *std::max_element(values.begin(), middle));
}

}  // namespace parnas::hw_models
