// SPDX-License-Identifier: Apache-2.0
#include "evaluators/torch/supernet/weights/weight_recorder.h"

#include <algorithm>

#include "core/error.h"

namespace parnas::evaluators {

Weight WeightRecorder::parameter(const WeightSpec& spec) {
    Record& record = merge(parameters_, spec);
    if (spec.groups > 0)
        record.kernels.insert({spec.shape[2], spec.shape[3]});
    return {};
}

at::Tensor WeightRecorder::statistic(const WeightSpec& spec) {
    merge(statistics_, spec);
    return {};
}

WeightRecorder::Record& WeightRecorder::merge(Records& records, const WeightSpec& spec) {
    const auto [place, added] = records.places.emplace(spec.name, records.list.size());
    if (added)
        return records.list.emplace_back(Record{.spec = spec});
    Record& record = records.list[place->second];
    WeightSpec& largest = record.spec;
    if (largest.shape.size() != spec.shape.size() || largest.parts != spec.parts)
        throw Error(ErrorKind::invalid_input,
                    "networks differ in more than the size of this weight and cannot share it",
                    spec.name);
    if (c10::multiply_integers(spec.shape) > c10::multiply_integers(largest.shape)) {
        largest.start = spec.start;
        largest.scale = spec.scale;
    }
    for (std::size_t axis = 0; axis < spec.shape.size(); ++axis)
        largest.shape[axis] = std::max(largest.shape[axis], spec.shape[axis]);
    return record;
}

}  // namespace parnas::evaluators
