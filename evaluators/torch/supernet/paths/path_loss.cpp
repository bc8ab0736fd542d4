// SPDX-License-Identifier: Apache-2.0
#include "evaluators/torch/supernet/paths/path_loss.h"

namespace parnas::evaluators {
namespace {

// Per sample; its gradient is that of sum p log(p / q).
at::Tensor kl(const at::Tensor& log_q, const at::Tensor& log_p) {
    return (log_p.exp() * (log_p - log_q)).sum(1);
}

// Per sample the divergence at a = -1. The ratio is a constant to autograd: the gradient of
// sum q f(p / q) is sum q (f - (p / q) f') grad log q, which stays true to the clipped ratio.
at::Tensor inverse(const at::Tensor& log_q, const at::Tensor& log_p, double clip) {
    const at::Tensor fixed_log_q = log_q.detach();
    const at::Tensor q = fixed_log_q.exp();
    const at::Tensor ratio = (fixed_log_q - log_p).exp().clamp_max(clip);
    const at::Tensor value = (q * (ratio - 1.0)).sum(1) / 2.0;
    const at::Tensor gradient = (q * ratio * log_q).sum(1);
    return value + gradient - gradient.detach();
}

}  // namespace

at::Tensor divergence(const at::Tensor& logits,
                      const at::Tensor& teacher,
                      search::Divergence kind,
                      double clip) {
    const at::Tensor log_q = at::log_softmax(logits, 1);
    const at::Tensor log_p = at::log_softmax(teacher.detach(), 1);
    const at::Tensor forward = kl(log_q, log_p);
    if (kind == search::Divergence::kl)
        return forward.mean();
    const at::Tensor backward = inverse(log_q, log_p, clip);
    return at::where(backward.detach() > forward.detach(), backward, forward).mean();
}

}  // namespace parnas::evaluators
