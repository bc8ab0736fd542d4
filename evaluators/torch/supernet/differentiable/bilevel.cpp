// SPDX-License-Identifier: Apache-2.0
#include "evaluators/torch/supernet/differentiable/bilevel.h"

#include <algorithm>
#include <cmath>

#include <torch/csrc/autograd/autograd.h>

namespace parnas::evaluators {
namespace {

constexpr double kWeightStep = 0.01;  // length of e d
constexpr double kAlphaStep = 0.01;   // length of a difference in alpha
constexpr int kMostIterations = 20;
constexpr double kAccuracy = 0.01;

// Puts a tensor's values back at the end.
class Kept {
  public:
    explicit Kept(at::Tensor tensor)
        : tensor_(std::move(tensor)), values_(tensor_.detach().clone()) {}
    Kept(const Kept&) = delete;
    Kept& operator=(const Kept&) = delete;
    ~Kept() { restore(); }

    void restore() const {
        const at::NoGradGuard no_grad;
        tensor_.copy_(values_);
    }
    // The kept values plus `step` times `direction`.
    void move(const at::Tensor& direction, double step) const {
        const at::NoGradGuard no_grad;
        tensor_.copy_(values_).add_(direction, step);
    }

  private:
    at::Tensor tensor_;
    at::Tensor values_;
};

// Eigenvalue of the largest magnitude of H + shift I.
double dominant(const at::Tensor& start,
                double shift,
                const std::function<at::Tensor(const at::Tensor&)>& times_hessian) {
    at::Tensor vector = start / start.norm();
    double value = 0.0;
    for (int i = 0; i < kMostIterations; ++i) {
        const at::Tensor next = times_hessian(vector) + shift * vector;
        const double now = next.dot(vector).item<double>();
        const double length = next.norm().item<double>();
        if (length == 0.0 || !std::isfinite(length))
            return now;
        vector = next / length;
        const bool settled = std::abs(now - value) <= kAccuracy * std::abs(now);
        value = now;
        if (settled)
            break;
    }
    return value;
}

}  // namespace

at::Tensor alpha_gradient(const at::Tensor& alpha, const LossFunction& loss) {
    const at::Tensor gradient =
        torch::autograd::grad({loss()}, {alpha}, {}, {}, false, /*allow_unused=*/true)[0];
    return gradient.defined() ? gradient : at::zeros_like(alpha.detach());
}

at::Tensor unrolled_gradient(const FlatWeights& weights,
                             const at::Tensor& alpha,
                             const LossFunction& train_loss,
                             const LossFunction& validation_loss,
                             const UnrolledStep& step) {
    const Kept kept(weights.values);
    at::Tensor change = step.momentum * step.velocity;
    weights.gradients.zero_();
    train_loss().backward();
    {
        const at::NoGradGuard no_grad;
        change += weights.gradients + step.weight_decay * weights.values;
    }
    kept.move(change, -step.lr);
    weights.gradients.zero_();
    at::Tensor& own = alpha.mutable_grad();
    own = at::zeros_like(alpha);
    validation_loss().backward();
    at::Tensor result = own.clone();
    const at::Tensor direction = weights.gradients.clone();
    const double epsilon = kWeightStep / std::max(direction.norm().item<double>(), 1e-12);
    kept.move(direction, epsilon);
    const at::Tensor above = alpha_gradient(alpha, train_loss);
    kept.move(direction, -epsilon);
    const at::Tensor below = alpha_gradient(alpha, train_loss);
    result.sub_(above - below, step.lr / (2.0 * epsilon));
    own = at::Tensor();
    weights.gradients.zero_();
    return result;
}

double largest_eigenvalue(const at::Tensor& alpha,
                          const LossFunction& loss,
                          const at::Generator& generator) {
    const Kept kept(alpha);
    const auto times_hessian = [&](const at::Tensor& vector) {
        kept.move(vector, kAlphaStep);
        const at::Tensor above = alpha_gradient(alpha, loss);
        kept.move(vector, -kAlphaStep);
        const at::Tensor below = alpha_gradient(alpha, loss);
        return (above - below) / (2.0 * kAlphaStep);
    };
    const at::Tensor start = at::empty_like(alpha.detach()).normal_(0.0, 1.0, generator);
    const double value = dominant(start, 0.0, times_hessian);
    if (value >= 0.0)
        return value;
    // The largest magnitude is below zero: shifted by it, the largest eigenvalue has the largest.
    return dominant(start, -value, times_hessian) + value;
}

}  // namespace parnas::evaluators
