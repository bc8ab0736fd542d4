// SPDX-License-Identifier: Apache-2.0
#include "evaluators/torch/supernet/mixture.h"

#include <algorithm>
#include <numeric>

namespace parnas::evaluators {

PreparedWeights::PreparedWeights(const MixWeights& weights) {
    if (!weights.values.defined())
        return;
    entries = weights.values.unbind(0);
    if (weights.active.empty() || !weights.values.requires_grad())
        return;
    for (std::size_t i = 0; i < entries.size(); ++i)
        if (!std::ranges::binary_search(weights.active, i))
            inactive = inactive.defined() ? inactive + entries[i] : entries[i];
}

Mixture::Mixture(const spaces::Network& network, const spaces::Node& node)
    : strength_(static_cast<std::size_t>(std::get<spaces::Mix>(node.op).strength)) {
    for (const spaces::ValueId input : node.inputs) {
        const auto value = static_cast<std::size_t>(input);
        Term term = Term::op;
        if (value >= network.inputs.size()) {
            const spaces::Op& op = network.nodes[value - network.inputs.size()].op;
            if (std::holds_alternative<spaces::Identity>(op))
                term = Term::identity;
            else if (std::holds_alternative<spaces::Zero>(op))
                term = Term::zero;
        }
        terms_.push_back(term);
    }
}

std::vector<std::size_t> Mixture::needed_inputs(const MixWeights& weights) const {
    std::vector<std::size_t> needed = weights.active;
    if (needed.empty()) {
        needed.resize(terms_.size());
        std::iota(needed.begin(), needed.end(), 0);
    }
    const std::size_t first = needed.front();
    std::erase_if(needed, [&](std::size_t i) { return terms_[i] == Term::zero; });
    if (needed.empty())
        needed.push_back(first);  // zeros of the right shape
    return needed;
}

at::Tensor Mixture::sum(std::span<const at::Tensor> inputs,
                        const Pass& pass,
                        const PreparedWeights& prepared) const {
    at::Tensor sum;
    for (const std::size_t i : needed_inputs(pass.mixes[strength_])) {
        at::Tensor term = inputs[i];
        if (terms_[i] == Term::identity)
            term = dropped(term, pass.skip_dropout, pass);
        const bool weighted = !prepared.entries.empty() && terms_[i] != Term::zero;
        if (sum.defined())
            sum = weighted ? at::addcmul(sum, term, prepared.entries[i]) : sum + term;
        else
            sum = weighted ? term * prepared.entries[i] : term;
    }
    return prepared.inactive.defined() ? sum + prepared.inactive : sum;
}

}  // namespace parnas::evaluators
