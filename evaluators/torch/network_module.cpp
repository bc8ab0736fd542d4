// SPDX-License-Identifier: Apache-2.0
#include "evaluators/torch/network_module.h"

#include <algorithm>
#include <limits>
#include <span>

#include <ATen/CPUGeneratorImpl.h>

#include "core/error.h"
#include "spaces/shapes.h"

namespace parnas::evaluators {
namespace {

std::vector<std::size_t> to_indices(const std::vector<spaces::ValueId>& ids) {
    return {ids.begin(), ids.end()};
}

// How many different integers the consumers of an input allow; 1 if nobody says.
std::int64_t integer_bound(const spaces::Network& network,
                           spaces::ValueId input,
                           const InputSizes& sizes) {
    constexpr std::int64_t kNone = std::numeric_limits<std::int64_t>::max();
    std::int64_t bound = kNone;
    for (const spaces::Node& node : network.nodes) {
        if (const auto* embedding = std::get_if<spaces::Embedding>(&node.op)) {
            if (node.inputs.at(0) == input)
                bound = std::min(bound, embedding->count);
        } else if (std::holds_alternative<spaces::MessagePassing>(node.op) &&
                   node.inputs.at(1) == input) {
            // The graph's size is known only where its nodes are themselves an input.
            const auto features = static_cast<std::size_t>(node.inputs[0]);
            const std::int64_t nodes =
                features < network.inputs.size() ? network.inputs[features].shape.at(0) : 1;
            bound = std::min(bound, nodes < 0 ? sizes.symbol_size : nodes);
        }
    }
    return bound == kNone ? 1 : bound;
}

// A batch of images at the network's resolution. Others are left as they are.
at::Tensor resized(const at::Tensor& batch, const spaces::Shape& input) {
    if (input.size() != 3 || input[1] < 0 || input[2] < 0 || batch.dim() != 4 ||
        batch.sizes().slice(2) == at::IntArrayRef({input[1], input[2]}))
        return batch;
    return at::upsample_bilinear2d(batch, {input[1], input[2]}, false);
}

}  // namespace

TorchNetwork::TorchNetwork(const spaces::Network& network, std::uint64_t seed, at::Device device)
    : weights_(seed, device), flow_(network.inputs.size()) {
    build(network, weights_);
    weights_.pack();
}

TorchNetwork::TorchNetwork(const spaces::Network& network, WeightSource& weights)
    : weights_(0), flow_(network.inputs.size()), channels_last_(true) {
    build(network, weights);
}

void TorchNetwork::build(const spaces::Network& network, WeightSource& weights) {
    for (const spaces::Input& input : network.inputs)
        inputs_.push_back(input.shape);
    const std::vector<spaces::Shape> shapes = spaces::infer_shapes(network);
    RememberedWeights remembered(weights);
    for (std::size_t i = 0; i < network.nodes.size(); ++i) {
        const spaces::Node& node = network.nodes[i];
        flow_.add_step(to_indices(node.inputs));
        std::vector<spaces::Shape> input_shapes;
        for (const std::size_t input : flow_.inputs_of(i))
            input_shapes.push_back(shapes[input]);
        if (std::holds_alternative<spaces::Mix>(node.op)) {
            Mixture mixture(network, node);
            strengths_ = std::max(strengths_, mixture.strength() + 1);
            steps_.push_back({{}, std::move(mixture)});
            continue;
        }
        const Site site{.node = node.name,
                        .inputs = input_shapes,
                        .output = shapes[network.inputs.size() + i],
                        .weights = remembered,
                        .channels_last = channels_last_};
        steps_.push_back({make_layer(node.op, site), {}});
    }
    flow_.finish(to_indices(network.outputs));
    if (const auto plan = channels_last_ ? plan_fusion(network) : std::nullopt) {
        std::vector<Layer> layers;
        for (const Step& step : steps_)
            layers.push_back(step.layer);
        fused_.emplace(network, *plan, layers, remembered);
    }
}

// Per value, whether a pass through a supernet needs it.
std::vector<bool> TorchNetwork::find_needed(const Pass& pass) const {
    std::vector<bool> needed(inputs_.size() + steps_.size(), false);
    for (const std::size_t output : flow_.outputs())
        needed[output] = true;
    for (std::size_t i = steps_.size(); i-- > 0;) {
        const Step& step = steps_[i];
        if (!needed[inputs_.size() + i])
            continue;
        if (step.mixture) {
            const MixWeights& weights = pass.mixes[step.mixture->strength()];
            for (const std::size_t input : step.mixture->needed_inputs(weights))
                needed[flow_.inputs_of(i)[input]] = true;
        } else {
            for (const std::size_t input : flow_.inputs_of(i))
                needed[input] = true;
        }
    }
    return needed;
}

at::Tensor TorchNetwork::arranged(const at::Tensor& input) const {
    const bool changes = channels_last_ && input.dim() == 4 && input.is_cpu();
    return changes ? input.contiguous(at::MemoryFormat::ChannelsLast) : input;
}

std::vector<at::Tensor> TorchNetwork::forward(std::vector<at::Tensor> inputs, const Pass& pass) {
    check(inputs.size() == inputs_.size(), "a network gets all its inputs");
    check(pass.mixes.size() >= strengths_, "a supernet gets the weights of all its mixes");
    for (std::size_t i = 0; i < inputs.size(); ++i)
        inputs[i] = arranged(resized(inputs[i], inputs_[i]));
    if (fused_ && FusedNetwork::fits(inputs, pass))
        return fused_->forward(std::move(inputs), pass);
    const std::vector<bool> needed = strengths_ > 0 ? find_needed(pass) : std::vector<bool>();
    std::vector<PreparedWeights> prepared;
    for (const MixWeights& weights : pass.mixes)
        prepared.emplace_back(weights);
    PassValues values(flow_, std::move(inputs));
    for (std::size_t node = 0; node < steps_.size(); ++node) {
        const Step& step = steps_[node];
        const std::span<const at::Tensor> arguments = values.arguments();
        at::Tensor result;
        if (needed.empty() || needed[inputs_.size() + node])
            result = step.mixture
                         ? step.mixture->sum(arguments, pass, prepared[step.mixture->strength()])
                         : step.layer(arguments, pass);
        if (pass.observe)
            pass.observe(node, result);
        values.add_results({&result, 1});
    }
    return values.outputs();
}

at::Generator make_generator(std::uint64_t seed, at::Device device) {
    if (device.is_cpu())
        return at::make_generator<at::CPUGeneratorImpl>(seed);
    at::Generator generator = at::globalContext().defaultGenerator(device).clone();
    generator.set_current_seed(seed);
    return generator;
}

std::vector<at::Tensor> random_inputs(const spaces::Network& network,
                                      const InputSizes& sizes,
                                      std::uint64_t seed) {
    const at::Generator generator = make_generator(seed);
    std::vector<at::Tensor> tensors;
    for (std::size_t i = 0; i < network.inputs.size(); ++i) {
        const spaces::Input& input = network.inputs[i];
        std::vector<std::int64_t> shape{sizes.batch};
        for (const spaces::Dim dimension : input.shape)
            shape.push_back(dimension < 0 ? sizes.symbol_size : dimension);
        if (input.dtype == spaces::DType::int64) {
            const std::int64_t bound =
                integer_bound(network, static_cast<spaces::ValueId>(i), sizes);
            tensors.push_back(at::empty(shape, at::kLong).random_(0, bound, generator));
        } else {
            tensors.push_back(at::empty(shape, at::kFloat).normal_(0.0, 1.0, generator));
        }
    }
    return tensors;
}

}  // namespace parnas::evaluators
