// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include "evaluators/torch/torch.h"

namespace parnas::evaluators {

// Weights as one flat tensor, and the one to which backward() adds their gradients.
struct FlatWeights {
    at::Tensor values;
    at::Tensor gradients;
};

// A loss with its graph. Called several times: it must draw nothing and keep nothing, batch
// norm's running statistics included.
using LossFunction = std::function<at::Tensor()>;

// The derivative of `loss` by `alpha`, a leaf; the weights' gradients are left as they are.
at::Tensor alpha_gradient(const at::Tensor& alpha, const LossFunction& loss);

// One step of SGD with momentum, as the weights are about to make it.
struct UnrolledStep {
    double lr = 0.0;
    double momentum = 0.0;
    double weight_decay = 0.0;
    at::Tensor velocity;
};

// Second order of DARTS (Liu et al., 2019, equations 7 and 8): the derivative by `alpha` of the
// validation loss after one step of the weights on the training loss. With w' the weights after
// the step, d = dL_val(w')/dw' and e = 0.01 / |d|,
//
//     dL_val(w')/dalpha - lr (dL_train(w + e d)/dalpha - dL_train(w - e d)/dalpha) / (2 e).
//
// `alpha` is a leaf. The weights are afterwards what they were, bit by bit; their gradients are 0.
at::Tensor unrolled_gradient(const FlatWeights& weights,
                             const at::Tensor& alpha,
                             const LossFunction& train_loss,
                             const LossFunction& validation_loss,
                             const UnrolledStep& step);

// The largest eigenvalue of a loss's Hessian by `alpha`, a leaf that is afterwards what it was: by
// power iteration on differences of gradients, up to a relative change of 1 % or 20 steps.
double largest_eigenvalue(const at::Tensor& alpha,
                          const LossFunction& loss,
                          const at::Generator& generator);

}  // namespace parnas::evaluators
