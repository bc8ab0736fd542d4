// SPDX-License-Identifier: Apache-2.0
#include "evaluators/torch/zero_cost/formulas.h"

#include <cmath>

namespace parnas::evaluators {
namespace {

constexpr double kSmallest = 1e-5;  // k of jacob_cov, and the least eigenvalue of naswot

double total(const at::Tensor& tensor) {
    return tensor.sum(at::kDouble).item<double>();
}

// Sum over the weights of `term` of a weight and its gradient.
template <typename Term>
double sum_of(Tensors weights, Tensors gradients, const Term& term) {
    double sum = 0.0;
    for (std::size_t i = 0; i < weights.size(); ++i)
        if (gradients[i].defined())
            sum += total(term(weights[i].detach(), gradients[i].detach()));
    return sum;
}

double saliency(Tensors weights, Tensors gradients) {
    return sum_of(weights, gradients, [](const at::Tensor& weight, const at::Tensor& gradient) {
        return (weight * gradient).abs();
    });
}

at::Tensor eigenvalues(const at::Tensor& symmetric) {
    return at::linalg_eigvalsh(symmetric).clamp_min(0.0);
}

}  // namespace

double grad_norm(Tensors gradients) {
    double sum = 0.0;
    for (const at::Tensor& gradient : gradients)
        if (gradient.defined())
            sum += std::sqrt(total(gradient.detach().square()));
    return sum;
}

double snip(Tensors weights, Tensors gradients) {
    return saliency(weights, gradients);
}

double grasp(Tensors weights, Tensors hessian_gradients) {
    return -sum_of(
        weights, hessian_gradients, [](const at::Tensor& weight, const at::Tensor& gradient) {
            return weight * gradient;
        });
}

double fisher(std::span<const Channels> layers) {
    double sum = 0.0;
    for (const Channels& layer : layers) {
        if (!layer.gradient.defined())
            continue;
        const at::Tensor product =
            (layer.activation.detach() * layer.gradient.detach()).movedim(layer.axis, 1);
        const at::Tensor by_channel =
            product.reshape({product.size(0), product.size(1), -1}).sum({2}, false, at::kDouble);
        sum += static_cast<double>(layer.weights) *
               total(by_channel.square().mean(at::IntArrayRef{0}).mul(0.5));
    }
    return sum;
}

double synflow(Tensors weights, Tensors gradients) {
    return std::log(saliency(weights, gradients));
}

double jacob_cov(const at::Tensor& jacobians) {
    const at::Tensor rows = jacobians.detach().reshape({jacobians.size(0), -1}).to(at::kDouble);
    const at::Tensor centred = rows - rows.mean({1}, true);
    const at::Tensor norms = centred.square().sum({1}, true).sqrt();
    const at::Tensor constant = norms.le(0.0).to(at::kDouble);  // {n, 1}
    const at::Tensor units = centred / (norms + constant);
    const at::Tensor correlations = units.mm(units.t()) + constant.mm(constant.t());
    const at::Tensor values = eigenvalues(correlations) + kSmallest;
    return -total(values.log() + values.reciprocal());
}

std::optional<double> naswot(Tensors rectified) {
    at::Tensor kernel;
    for (const at::Tensor& each : rectified) {
        const at::Tensor on =
            each.detach().reshape({each.size(0), -1}).gt(0.0).to(at::kFloat);  // counts: exact
        const at::Tensor off = 1.0 - on;
        const at::Tensor same = (on.mm(on.t()) + off.mm(off.t())).to(at::kDouble);
        kernel = kernel.defined() ? kernel + same : same;
    }
    if (!kernel.defined())
        return std::nullopt;
    return total(eigenvalues(kernel).clamp_min(kSmallest).log());
}

double zico(std::span<const std::vector<at::Tensor>> gradients) {
    double sum = 0.0;
    for (std::size_t weight = 0; weight < gradients.front().size(); ++weight) {
        if (!gradients.front()[weight].defined())
            continue;
        std::vector<at::Tensor> of_batches;
        for (const std::vector<at::Tensor>& batch : gradients)
            of_batches.push_back(batch[weight].detach().to(at::kDouble));
        const at::Tensor stacked = at::stack(of_batches);
        const at::Tensor deviation = stacked.std(at::IntArrayRef{0}, /*unbiased=*/false);
        const at::Tensor ratio = stacked.abs().mean(at::IntArrayRef{0}) / deviation;
        const double varying = total(at::where(deviation.gt(0.0), ratio, at::zeros_like(ratio)));
        if (varying > 0.0)
            sum += std::log(varying);
    }
    return sum;
}

}  // namespace parnas::evaluators
