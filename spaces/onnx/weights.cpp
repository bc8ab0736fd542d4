// SPDX-License-Identifier: Apache-2.0
#include "spaces/onnx/weights.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

namespace parnas::spaces::onnx {
namespace {

std::int64_t product(const std::int64_t* begin, const std::int64_t* end) {
    return std::accumulate(begin, end, std::int64_t{1}, std::multiplies<>());
}

}  // namespace

std::vector<float> RandomWeights::values(const WeightRequest& request) {
    const std::int64_t* const begin = request.shape.data();
    const std::int64_t* const end = begin + request.shape.size();
    std::vector<float> values(static_cast<std::size_t>(product(begin, end)));
    switch (request.role) {
        case WeightRole::kernel: {
            Rng rng = rng_.fork(request.name);
            // A vector is one output's weights.
            const std::int64_t fan_in = product(request.shape.size() > 1 ? begin + 1 : begin, end);
            const double deviation =
                std::sqrt(2.0 / static_cast<double>(std::max<std::int64_t>(fan_in, 1)));
            for (float& value : values)
                value = static_cast<float>(deviation * rng.normal());
            break;
        }
        case WeightRole::scale:
        case WeightRole::variance:
            std::ranges::fill(values, 1.0F);
            break;
        case WeightRole::bias:
        case WeightRole::mean:
            break;
    }
    return values;
}

}  // namespace parnas::spaces::onnx
