// SPDX-License-Identifier: Apache-2.0
#include "evaluators/torch/value_flow.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace parnas::evaluators {

void ValueFlow::add_step(std::vector<std::size_t> inputs, std::size_t results) {
    for (const std::size_t input : inputs)
        last_step_[input] = steps_.size();
    // A result that nobody reads goes at once.
    last_step_.resize(last_step_.size() + results, steps_.size());
    steps_.push_back({.inputs = std::move(inputs), .last_use = {}});
}

void ValueFlow::finish(std::vector<std::size_t> outputs) {
    outputs_ = std::move(outputs);
    for (const std::size_t output : outputs_)
        last_step_[output] = steps_.size();
    for (std::size_t value = 0; value < last_step_.size(); ++value)
        if (last_step_[value] < steps_.size())
            steps_[last_step_[value]].last_use.push_back(value);
}

PassValues::PassValues(const ValueFlow& flow, std::vector<at::Tensor> inputs)
    : flow_(flow), values_(std::move(inputs)) {
    values_.reserve(flow.values());
}

std::span<const at::Tensor> PassValues::arguments() {
    arguments_.clear();
    for (const std::size_t input : flow_.steps_[step_].inputs)
        arguments_.push_back(values_[input]);
    return arguments_;
}

void PassValues::add_results(std::span<at::Tensor> results) {
    std::ranges::move(results, std::back_inserter(values_));
    for (const std::size_t value : flow_.steps_[step_].last_use)
        values_[value].reset();
    ++step_;
}

std::vector<at::Tensor> PassValues::outputs() const {
    std::vector<at::Tensor> outputs;
    for (const std::size_t output : flow_.outputs_)
        outputs.push_back(values_[output]);
    return outputs;
}

}  // namespace parnas::evaluators
