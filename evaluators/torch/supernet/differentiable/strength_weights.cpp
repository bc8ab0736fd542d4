// SPDX-License-Identifier: Apache-2.0
#include "evaluators/torch/supernet/differentiable/strength_weights.h"

#include <cmath>

#include <torch/csrc/autograd/custom_function.h>

namespace parnas::evaluators {
namespace {

using search::EdgeWeights;
using search::OptionWeights;
using Kind = spaces::Strength::Kind;

at::Tensor concentrations_of(const at::Tensor& alpha) {
    return at::elu(alpha) + 1.0;
}

// LibTorch has the derivative, but does not apply it to samples.
struct DirichletSample : torch::autograd::Function<DirichletSample> {
    static at::Tensor forward(torch::autograd::AutogradContext* context,
                              const at::Tensor& concentrations,
                              const at::Generator& generator) {
        // Concentrations near 0 may give samples that are exactly 0, where it has no derivative.
        const at::Tensor sample = at::_sample_dirichlet(concentrations, generator).clamp_min_(1e-6);
        context->save_for_backward({sample, concentrations});
        return sample;
    }

    static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                   torch::autograd::variable_list gradients) {
        const auto saved = context->get_saved_variables();
        const at::Tensor& sample = saved[0];
        const at::Tensor& concentrations = saved[1];
        const at::Tensor total = concentrations.sum(-1, true).expand_as(concentrations);
        const at::Tensor& gradient = gradients[0];
        const at::Tensor centred = gradient - (sample * gradient).sum(-1, true);
        return {at::_dirichlet_grad(sample, concentrations, total) * centred, at::Tensor()};
    }
};

}  // namespace

at::Tensor sample_dirichlet(const at::Tensor& concentrations, const at::Generator& generator) {
    return DirichletSample::apply(concentrations, generator);
}

StrengthWeights::StrengthWeights(const search::Architecture& architecture,
                                 const Options& options,
                                 const at::TensorOptions& tensor)
    : architecture_(architecture), options_(options) {
    std::vector<double> values;
    for (const search::StrengthValues& each : architecture.strengths) {
        begins_.push_back(static_cast<std::int64_t>(values.size()));
        values.insert(values.end(), each.values.begin(), each.values.end());
    }
    alpha_ = at::tensor(values, at::kDouble).to(tensor.dtype()).to(tensor.device());
    alpha_.set_requires_grad(true);
}

search::Architecture StrengthWeights::architecture() const {
    const at::Tensor values = alpha_.detach().to(at::kCPU, at::kDouble).contiguous();
    const double* next = values.data_ptr<double>();
    search::Architecture architecture = architecture_;
    for (search::StrengthValues& each : architecture.strengths)
        for (double& value : each.values)
            value = *next++;
    return architecture;
}

at::Tensor StrengthWeights::slice(std::size_t strength) const {
    const auto size = static_cast<std::int64_t>(architecture_.strengths[strength].values.size());
    return alpha_.narrow(0, begins_[strength], size);
}

bool StrengthWeights::is_choice(std::size_t strength) const {
    return architecture_.strengths[strength].strength.kind == Kind::options;
}

at::Tensor StrengthWeights::expected_of(std::size_t strength) const {
    const at::Tensor alpha = slice(strength);
    if (is_choice(strength) && options_.weights == OptionWeights::sigmoid)
        return alpha.sigmoid();
    if (is_choice(strength) && options_.weights == OptionWeights::dirichlet) {
        const at::Tensor concentrations = concentrations_of(alpha);
        return concentrations / concentrations.sum();
    }
    return alpha.softmax(0);
}

std::vector<MixWeights> StrengthWeights::expected() const {
    std::vector<MixWeights> weights(begins_.size());
    for (std::size_t i = 0; i < weights.size(); ++i)
        if (is_choice(i) || options_.edges == EdgeWeights::learned)
            weights[i].values = expected_of(i);
    return weights;
}

std::vector<MixWeights> StrengthWeights::draw(const at::Generator& generator) const {
    if (options_.weights == OptionWeights::gumbel)
        return gumbel(generator);
    std::vector<MixWeights> weights = expected();
    if (options_.weights == OptionWeights::dirichlet)
        for (std::size_t i = 0; i < weights.size(); ++i)
            if (is_choice(i))
                weights[i].values = sample_dirichlet(concentrations_of(slice(i)), generator);
    return weights;
}

// One option of each choice: h = one-hot(argmax p) - p + p, with p's gradient, of
// p = softmax((log softmax(alpha) + g) / tau) and g from Gumbel's distribution.
std::vector<MixWeights> StrengthWeights::gumbel(const at::Generator& generator) const {
    const at::Tensor noise = at::empty_like(alpha_.detach())
                                 .exponential_(1.0, generator)
                                 .clamp_min_(1e-20)
                                 .log_()
                                 .neg_();
    std::vector<MixWeights> weights(begins_.size());
    std::vector<at::Tensor> soft(begins_.size());
    std::vector<at::Tensor> largest;
    for (std::size_t i = 0; i < weights.size(); ++i) {
        const at::Tensor alpha = slice(i);
        if (!is_choice(i)) {
            if (options_.edges == EdgeWeights::learned)
                weights[i].values = expected_of(i);
            largest.push_back(at::zeros({}, alpha.options().dtype(at::kLong).requires_grad(false)));
            continue;
        }
        const at::Tensor own_noise = noise.narrow(0, begins_[i], alpha.numel());
        soft[i] = ((alpha.log_softmax(0) + own_noise) / options_.temperature).softmax(0);
        largest.push_back(soft[i].detach().argmax());
    }
    // One transfer for all strengths.
    const at::Tensor indices = at::stack(largest).to(at::kCPU);
    for (std::size_t i = 0; i < weights.size(); ++i) {
        if (!soft[i].defined())
            continue;
        const std::int64_t index = indices.data_ptr<std::int64_t>()[i];
        at::Tensor hard = at::zeros_like(soft[i].detach());
        hard[index] = 1.0;
        weights[i] = {.values = hard - soft[i].detach() + soft[i],
                      .active = {static_cast<std::size_t>(index)}};
    }
    return weights;
}

at::Tensor StrengthWeights::beta_regulariser() const {
    std::vector<at::Tensor> terms;
    for (std::size_t i = 0; i < begins_.size(); ++i)
        if (is_choice(i))
            terms.push_back(slice(i).logsumexp(0));
    return at::stack(terms).mean();
}

at::Tensor StrengthWeights::divergence() const {
    std::vector<at::Tensor> terms;
    for (std::size_t i = 0; i < begins_.size(); ++i) {
        if (!is_choice(i))
            continue;
        const at::Tensor c = concentrations_of(slice(i));
        const at::Tensor total = c.sum();
        terms.push_back(total.lgamma() - c.lgamma().sum() -
                        std::lgamma(static_cast<double>(c.numel())) +
                        ((c - 1.0) * (c.digamma() - total.digamma())).sum());
    }
    return at::stack(terms).mean();
}

at::Tensor StrengthWeights::log_cost(const search::ExpectedCost& cost, double least) const {
    at::Tensor sum = at::full({}, cost.constant, alpha_.options().requires_grad(false));
    for (const search::ExpectedCost::Term& term : cost.terms) {
        const at::Tensor coefficients =
            at::tensor(term.coefficients, at::kDouble).to(alpha_.options().requires_grad(false));
        at::Tensor value = (expected_of(term.strength) * coefficients).sum() * term.share;
        for (const search::ExpectedCost::Factor& factor : term.factors) {
            const at::Tensor weights = expected_of(factor.strength);
            at::Tensor weight = weights[static_cast<std::int64_t>(factor.entries.front())];
            for (std::size_t i = 1; i < factor.entries.size(); ++i)
                weight = weight + weights[static_cast<std::int64_t>(factor.entries[i])];
            value = value * weight;
        }
        sum = sum + value;
    }
    return cost.logarithmic ? sum : sum.clamp_min(least).log();
}

std::vector<MixWeights> one_hot(std::span<const std::vector<std::size_t>> chosen,
                                std::span<const std::size_t> entries,
                                const at::TensorOptions& tensor) {
    std::vector<MixWeights> weights;
    for (std::size_t i = 0; i < chosen.size(); ++i) {
        at::Tensor values = at::zeros({static_cast<std::int64_t>(entries[i])}, tensor);
        for (const std::size_t entry : chosen[i])
            values[static_cast<std::int64_t>(entry)] = 1.0;
        weights.push_back({.values = std::move(values), .active = chosen[i]});
    }
    return weights;
}

}  // namespace parnas::evaluators
