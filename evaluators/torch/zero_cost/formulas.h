// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "evaluators/torch/torch.h"

namespace parnas::evaluators {

// The proxies' formulas, given what a pass through the network left behind. `weights` and their
// gradients are those of convolutions and linear layers; the gradient of a weight that the
// answer does not depend on is undefined and counts as zero. Sums are made in double precision.
using Tensors = std::span<const at::Tensor>;

// Sum over weights of the Euclidean norm of the gradient (Abdelfattah et al., ICLR 2021, as are
// all without another source).
double grad_norm(Tensors gradients);

// Sum of |w * dL/dw| (Lee et al., ICLR 2019).
double snip(Tensors weights, Tensors gradients);

// - sum of w * (H g), H g the gradient of g * stop_gradient(g) (Wang et al., ICLR 2020).
double grasp(Tensors weights, Tensors hessian_gradients);

// For each channel of `activation`, {n, channels, ...} or, if linear, {n, ..., channels}, the mean
// over samples of (sum over positions of a * dL/da)^2 / 2; the sum of these times the weights
// that a channel has (Theis et al. 2018; Turner et al., ICLR 2020).
struct Channels {
    at::Tensor activation;
    at::Tensor gradient;
    std::int64_t axis = 1;
    std::int64_t weights = 1;  // of each channel
};
double fisher(std::span<const Channels> layers);

// ln of the sum of |w * dR/dw|, R the sum of the answers of a network without normalisation, with
// weights |w|, to ones, in double precision (Tanaka et al., NeurIPS 2020).
double synflow(Tensors weights, Tensors gradients);

// - sum of ln(v + k) + 1 / (v + k), k = 1e-5, over the eigenvalues v of the correlations between
// the samples' Jacobians, {n, ...} (Mellor et al. 2020). Samples whose Jacobian is constant
// count as copies of each other, which have nothing in common with the rest.
double jacob_cov(const at::Tensor& jacobians);

// ln of the determinant of K = sum over rectifiers of c c' + (1 - c) (1 - c)', c = 1 where a
// sample's activation is positive, {n, ...} (Mellor et al., ICML 2021). Eigenvalues of K below
// 1e-5 count as that, so that two samples with one code do not make it infinite. Nullopt
// without rectifiers.
std::optional<double> naswot(Tensors rectified);

// Sum over weights of ln(sum over entries of mean |g_i| / std g_i), over batches i and where the
// deviation is not 0 (Li et al., ICLR 2023). `gradients`: for each batch, of each weight.
double zico(std::span<const std::vector<at::Tensor>> gradients);

}  // namespace parnas::evaluators
