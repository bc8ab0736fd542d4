// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "evaluators/torch/torch.h"
#include "evaluators/torch/training_options.h"

namespace parnas::evaluators {

// Stochastic gradient descent with momentum (as PyTorch has it) or AdamW (Loshchilov and
// Hutter, ICLR 2019), on all parameters as one flat tensor.
class Optimizer {
  public:
    // Both tensors are flat, of one size, and shared with the network.
    Optimizer(const OptimizerOptions& options, at::Tensor parameters, at::Tensor gradients);

    void zero_gradients() { gradients_.zero_(); }
    // Scales the gradients down to this Euclidean norm if they are longer.
    void clip(double norm);
    // Changes the gradients.
    void step(double lr);

  private:
    void step_sgd(double lr);
    void step_adamw(double lr);

    OptimizerOptions options_;
    at::Tensor parameters_;
    at::Tensor gradients_;
    at::Tensor first_;   // velocity, or mean of the gradients
    at::Tensor second_;  // mean of their squares
    std::int64_t steps_ = 0;
};

// How many numbers the optimiser keeps for each parameter.
int state_per_parameter(OptimizerKind kind);

}  // namespace parnas::evaluators
