// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "evaluators/torch/torch.h"

namespace parnas::evaluators {

// Which values the steps of a network read and make. Values are numbered: first the network's
// inputs, then the results of its steps in order.
class ValueFlow {
  public:
    explicit ValueFlow(std::size_t inputs) : last_step_(inputs) {}

    void add_step(std::vector<std::size_t> inputs, std::size_t results = 1);
    // After the last step.
    void finish(std::vector<std::size_t> outputs);

    std::size_t values() const { return last_step_.size(); }
    const std::vector<std::size_t>& inputs_of(std::size_t step) const {
        return steps_[step].inputs;
    }
    const std::vector<std::size_t>& outputs() const { return outputs_; }

  private:
    friend class PassValues;

    struct Step {
        std::vector<std::size_t> inputs;
        std::vector<std::size_t> last_use;  // values that nobody needs afterwards
    };

    std::vector<Step> steps_;
    std::vector<std::size_t> last_step_;  // of each value: the one that reads it last
    std::vector<std::size_t> outputs_;
};

// The values of one pass, step by step. Each is let go after its last use, unless autograd keeps
// it.
class PassValues {
  public:
    // Keeps a reference to `flow`.
    PassValues(const ValueFlow& flow, std::vector<at::Tensor> inputs);

    // Of the next step. Valid until its end.
    std::span<const at::Tensor> arguments();
    // Ends a step.
    void add_results(std::span<at::Tensor> results);
    // After the last step.
    std::vector<at::Tensor> outputs() const;

  private:
    const ValueFlow& flow_;
    std::size_t step_ = 0;
    std::vector<at::Tensor> values_;
    std::vector<at::Tensor> arguments_;
};

}  // namespace parnas::evaluators
