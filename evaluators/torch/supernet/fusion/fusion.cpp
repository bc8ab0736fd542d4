// SPDX-License-Identifier: Apache-2.0
#include "evaluators/torch/supernet/fusion/fusion.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "evaluators/torch/supernet/fusion/channel_ops.h"

namespace parnas::evaluators {
namespace {

using Inputs = std::span<const at::Tensor>;

// Makes the layers of a plan's steps.
class StepLayers {
  public:
    StepLayers(const spaces::Network& network,
               std::span<const Layer> layers,
               const RememberedWeights& weights)
        : network_(network), layers_(layers), weights_(weights) {}

    Layer operator()(const FusionPlan::Node& work) const { return layers_[work.node]; }

    Layer operator()(const FusionPlan::Stack& work) const {
        std::vector<Weight> weights;
        for (const std::size_t node : work.nodes)
            weights.push_back(weights_.parameter(name(node, "weight")));
        const auto& op = std::get<spaces::Conv>(network_.nodes[work.nodes[0]].op);
        return [weights, op](Inputs x, const Pass&) {
            std::vector<at::Tensor> kernels;
            for (const Weight& weight : weights)
                kernels.push_back(weight());
            return at::conv2d(x[0], at::cat(kernels), {}, op.stride, op.padding, op.dilation);
        };
    }

    Layer operator()(const FusionPlan::Moments& work) const {
        std::vector<at::Tensor> means, variances;
        for (const std::size_t node : work.norms) {
            means.push_back(weights_.statistic(name(node, "running_mean")));
            variances.push_back(weights_.statistic(name(node, "running_var")));
        }
        return [means, variances](Inputs x, const Pass& pass) {
            const ChannelMoments moments = channel_moments(x[0], kNormEpsilon);
            if (pass.statistics_rate != 0.0) {
                const at::NoGradGuard no_grad;
                for (const at::Tensor& mean : means)
                    mean.lerp_(moments.scales[0], pass.statistics_rate);
                for (const at::Tensor& variance : variances)
                    variance.lerp_(moments.variance, pass.statistics_rate);
            }
            return moments.scales;
        };
    }

    Layer operator()(const FusionPlan::Scales& work) const {
        // All strengths that occur lie in one tensor, after a 1 for factors that are not there.
        std::map<std::size_t, std::int64_t> begins;
        std::int64_t size = 1;
        std::size_t most_factors = 1;
        for (const std::vector<FusionPlan::Factor>& factors : work.terms) {
            most_factors = std::max(most_factors, factors.size());
            for (const FusionPlan::Factor& factor : factors)
                if (begins.emplace(factor.strength, size).second)
                    size += entries(factor.strength);
        }
        std::vector<at::Tensor> positions;  // of every term's first factor, second factor, ...
        for (std::size_t i = 0; i < most_factors; ++i) {
            std::vector<std::int64_t> of_terms;
            for (const std::vector<FusionPlan::Factor>& factors : work.terms)
                of_terms.push_back(i < factors.size()
                                       ? begins[factors[i].strength] +
                                             static_cast<std::int64_t>(factors[i].entry)
                                       : 0);
            positions.push_back(at::tensor(of_terms, at::kLong));
        }
        std::vector<std::pair<std::size_t, std::int64_t>> strengths;  // and their entries
        for (const auto& [strength, begin] : begins)
            strengths.emplace_back(strength, entries(strength));
        std::ranges::sort(strengths, {}, [&](const auto& each) { return begins[each.first]; });
        return [positions, strengths](Inputs, const Pass& pass) {
            std::vector<at::Tensor> all{at::ones({1})};
            for (const auto& [strength, entries] : strengths) {
                const at::Tensor& values = pass.mixes[strength].values;
                all.push_back(values.defined() ? values : at::ones({entries}));
            }
            const at::Tensor flat = at::cat(all);
            at::Tensor product = flat.index_select(0, positions.front());
            for (const at::Tensor& each : std::span(positions).subspan(1))
                product = product * flat.index_select(0, each);
            return product;
        };
    }

    Layer operator()(const FusionPlan::Sum& work) const {
        Weight weight, bias;
        if (work.norm) {
            weight = weights_.parameter(name(*work.norm, "weight"));
            bias = weights_.parameter(name(*work.norm, "bias"));
        }
        return [work, weight, bias](Inputs x, const Pass& pass) {
            ChannelSum sum{.relu = work.relu};
            auto moments = x.begin() + static_cast<std::ptrdiff_t>(work.terms.size());
            for (std::size_t i = 0; i < work.terms.size(); ++i) {
                const FusionPlan::Term& term = work.terms[i];
                sum.terms.push_back(
                    {.values = term.skip ? dropped(x[i], pass.skip_dropout, pass) : x[i],
                     .moments = term.moments ? *moments++ : at::Tensor(),
                     .overwrite = term.overwrite});
            }
            const auto terms = static_cast<std::int64_t>(work.terms.size());
            const std::int64_t channels = x[0].size(1);
            sum.scale = work.scales ? x.back().unsqueeze(1) : weight();
            sum.scale = sum.scale.defined() ? sum.scale.expand({terms, channels})
                                            : at::ones({terms, channels});
            sum.offset = bias();
            return sum_channels(sum);
        };
    }

  private:
    std::int64_t entries(std::size_t strength) const {
        const auto has_it = [&](const spaces::Node& node) {
            const auto* mix = std::get_if<spaces::Mix>(&node.op);
            return mix != nullptr && static_cast<std::size_t>(mix->strength) == strength;
        };
        const auto node = std::ranges::find_if(network_.nodes, has_it);
        return static_cast<std::int64_t>(node->inputs.size());
    }

    std::string name(std::size_t node, const char* weight) const {
        return network_.nodes[node].name + "." + weight;
    }

    const spaces::Network& network_;
    std::span<const Layer> layers_;
    const RememberedWeights& weights_;
};

}  // namespace

Weight RememberedWeights::parameter(const WeightSpec& spec) {
    return parameters_.emplace(spec.name, source_.parameter(spec)).first->second;
}

at::Tensor RememberedWeights::statistic(const WeightSpec& spec) {
    return statistics_.emplace(spec.name, source_.statistic(spec)).first->second;
}

Weight RememberedWeights::parameter(const std::string& name) const {
    const auto found = parameters_.find(name);
    return found == parameters_.end() ? Weight() : found->second;
}

at::Tensor RememberedWeights::statistic(const std::string& name) const {
    const auto found = statistics_.find(name);
    return found == statistics_.end() ? at::Tensor() : found->second;
}

FusedNetwork::FusedNetwork(const spaces::Network& network,
                           const FusionPlan& plan,
                           std::span<const Layer> layers,
                           const RememberedWeights& weights)
    : flow_(network.inputs.size()) {
    const StepLayers make(network, layers, weights);
    for (const FusionPlan::Step& step : plan.steps) {
        flow_.add_step(step.inputs, step.results);
        steps_.push_back({std::visit(make, step.work), step.results});
    }
    flow_.finish(plan.outputs);
}

bool FusedNetwork::fits(std::span<const at::Tensor> inputs, const Pass& pass) {
    return pass.training && !pass.observe &&
           std::ranges::all_of(inputs, [](const at::Tensor& x) { return x.is_cpu(); }) &&
           std::ranges::all_of(pass.mixes,
                               [](const MixWeights& mix) { return mix.active.empty(); });
}

std::vector<at::Tensor> FusedNetwork::forward(std::vector<at::Tensor> inputs,
                                              const Pass& pass) const {
    PassValues values(flow_, std::move(inputs));
    for (const Step& step : steps_) {
        std::vector<at::Tensor> results{step.layer(values.arguments(), pass)};
        if (step.results > 1)
            results = split_channels(results[0], static_cast<std::int64_t>(step.results));
        values.add_results(results);
    }
    return values.outputs();
}

}  // namespace parnas::evaluators
