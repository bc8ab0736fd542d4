// SPDX-License-Identifier: Apache-2.0
#include "evaluators/torch/optimizer.h"

#include <cmath>

namespace parnas::evaluators {

Optimizer::Optimizer(const OptimizerOptions& options, at::Tensor parameters, at::Tensor gradients)
    : options_(options),
      parameters_(std::move(parameters)),
      gradients_(std::move(gradients)),
      first_(at::zeros_like(parameters_)) {
    if (options_.kind == OptimizerKind::adamw)
        second_ = at::zeros_like(parameters_);
}

void Optimizer::clip(double norm) {
    const double length = gradients_.norm().item<double>();
    if (length > norm)
        gradients_.mul_(norm / length);
}

void Optimizer::step(double lr) {
    const at::NoGradGuard no_grad;
    ++steps_;
    if (options_.kind == OptimizerKind::sgd)
        step_sgd(lr);
    else
        step_adamw(lr);
}

void Optimizer::step_sgd(double lr) {
    gradients_.add_(parameters_, options_.weight_decay);
    // PyTorch's rule: the velocity starts as the first gradient.
    first_.mul_(options_.momentum).add_(gradients_);
    if (options_.nesterov)
        parameters_.add_(gradients_.add_(first_, options_.momentum), -lr);
    else
        parameters_.add_(first_, -lr);
}

void Optimizer::step_adamw(double lr) {
    constexpr double kMean = 0.9, kSquare = 0.999, kEpsilon = 1e-8;
    const auto steps = static_cast<double>(steps_);
    parameters_.mul_(1.0 - lr * options_.weight_decay);
    first_.mul_(kMean).add_(gradients_, 1.0 - kMean);
    second_.mul_(kSquare).addcmul_(gradients_, gradients_, 1.0 - kSquare);
    const double mean_scale = 1.0 - std::pow(kMean, steps);
    const double square_scale = 1.0 - std::pow(kSquare, steps);
    const at::Tensor divisor = second_.sqrt().div_(std::sqrt(square_scale)).add_(kEpsilon);
    parameters_.addcdiv_(first_, divisor, -lr / mean_scale);
}

int state_per_parameter(OptimizerKind kind) {
    return kind == OptimizerKind::sgd ? 1 : 2;
}

}  // namespace parnas::evaluators
