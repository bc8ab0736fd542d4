// SPDX-License-Identifier: Apache-2.0
#include "evaluators/torch/zero_cost/scores.h"

#include <algorithm>
#include <cmath>
#include <new>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "evaluators/torch/network_module.h"
#include "evaluators/torch/torch_failure.h"
#include "evaluators/torch/zero_cost/formulas.h"
// clang-format off: torch.h comes first
#include <torch/csrc/autograd/autograd.h>
// clang-format on

namespace parnas::evaluators {
namespace {

using search::Proxy;
using search::Scores;
using spaces::Network;

constexpr std::size_t kBatches = 2;  // zico compares gradients of several

struct Cancelled {};

bool is_rectifier(const spaces::Op& op) {
    const auto* activation = std::get_if<spaces::Activation>(&op);
    if (activation == nullptr)
        return false;
    using Kind = spaces::ActivationKind;
    return activation->kind == Kind::relu || activation->kind == Kind::relu6 ||
           activation->kind == Kind::leaky_relu;
}

bool is_layer(const spaces::Op& op) {
    return std::holds_alternative<spaces::Conv>(op) || std::holds_alternative<spaces::Linear>(op);
}

// Whether the main answer depends on an input at all.
bool is_connected(const Network& network) {
    std::vector<bool> reached(network.inputs.size(), true);
    for (const spaces::Node& node : network.nodes) {
        const auto reaches = [&](spaces::ValueId id) {
            return static_cast<bool>(reached[static_cast<std::size_t>(id)]);
        };
        const bool all = std::holds_alternative<spaces::Multiply>(node.op);
        reached.push_back(!std::holds_alternative<spaces::Zero>(node.op) &&
                          (all ? std::ranges::all_of(node.inputs, reaches)
                               : std::ranges::any_of(node.inputs, reaches)));
    }
    return reached[static_cast<std::size_t>(network.outputs.back())];
}

Network without_norms(Network network) {
    for (spaces::Node& node : network.nodes)
        if (std::holds_alternative<spaces::Norm>(node.op))
            node.op = spaces::Identity{};
    return network;
}

// An untrained network and what its proxies look at.
class Probe {
  public:
    Probe(const Network& network, std::uint64_t seed, at::Device device)
        : network_(network), model_(network, seed, device) {
        for (const NamedTensor& each : model_.weights().parameters())
            if (each.tensor.dim() >= 2)
                weights_.push_back(each.tensor);
    }

    // Of convolutions, linear layers and projections.
    const std::vector<at::Tensor>& weights() const { return weights_; }

    struct Answers {
        at::Tensor logits;
        std::vector<Channels> layers;  // without gradients
        std::vector<at::Tensor> rectified;
    };
    Answers forward(const at::Tensor& input) {
        Answers answers;
        Pass pass{.training = true};
        pass.observe = [&](std::size_t index, const at::Tensor& output) {
            if (!output.requires_grad())
                return;  // nothing but zeros came in
            const spaces::Op& op = network_.nodes[index].op;
            if (is_rectifier(op))
                answers.rectified.push_back(output);
            else if (is_layer(op))
                answers.layers.push_back(channels_of(network_.nodes[index], output));
        };
        answers.logits = model_.forward({input}, pass).back();
        return answers;
    }

    // |w| in double precision, for synflow.
    void linearise() {
        const at::NoGradGuard no_grad;
        for (const NamedTensor& each : model_.weights().parameters())
            each.tensor.set_data(each.tensor.abs().to(at::kDouble));
    }

  private:
    Channels channels_of(const spaces::Node& node, const at::Tensor& output) const {
        const bool linear = std::holds_alternative<spaces::Linear>(node.op);
        const std::int64_t axis = linear ? output.dim() - 1 : 1;
        const std::string name = node.name + ".weight";
        const auto& all = model_.weights().parameters();
        const auto weight = std::ranges::find(all, name, &NamedTensor::name);
        return {.activation = output,
                .axis = axis,
                .weights = weight->tensor.numel() / weight->tensor.size(0)};
    }

    const Network& network_;
    TorchNetwork model_;
    std::vector<at::Tensor> weights_;
};

at::Tensor loss_of(const at::Tensor& logits, const Samples& batch) {
    return at::cross_entropy_loss(logits, batch.targets, {}, at::Reduction::Mean, -100, 0.0);
}

enum class Graph { keep, free };

std::vector<at::Tensor> gradients_of(const at::Tensor& value,
                                     const std::vector<at::Tensor>& inputs,
                                     Graph graph,
                                     bool create_graph = false) {
    if (!value.requires_grad())
        return std::vector<at::Tensor>(inputs.size());  // it depends on none of them
    return torch::autograd::grad(
        {value}, inputs, {}, graph == Graph::keep, create_graph, /*allow_unused=*/true);
}

// One drawing of weights and samples.
class Scoring {
  public:
    Scoring(const Network& network,
            const std::vector<Proxy>& proxies,
            std::uint64_t seed,
            const std::stop_token& stop)
        : network_(network), proxies_(proxies.begin(), proxies.end()), seed_(seed), stop_(stop) {}

    Metrics run(const std::vector<Samples>& batches) {
        if (wants(Proxy::synflow))
            score_ones(batches[0].inputs);
        if (proxies_.size() > (wants(Proxy::synflow) ? 1U : 0U))
            score_batches(batches);
        return std::move(scores_);
    }

  private:
    bool wants(Proxy proxy) const { return proxies_.contains(proxy); }

    void set(Proxy proxy, double score) {
        scores_.emplace(search::to_string(proxy), score);
        check_stop();
    }

    void check_stop() const {
        if (stop_.stop_requested())
            throw Cancelled();
    }

    void score_ones(const at::Tensor& inputs) {
        const Network plain = without_norms(network_);
        Probe probe(plain, seed_, inputs.device());
        probe.linearise();
        if (probe.weights().empty())
            return;
        const at::Tensor ones = at::ones_like(inputs.narrow(0, 0, 1), at::kDouble);
        const at::Tensor sum = probe.forward(ones).logits.sum();
        set(Proxy::synflow,
            synflow(probe.weights(), gradients_of(sum, probe.weights(), Graph::free)));
    }

    void score_batches(const std::vector<Samples>& batches) {
        Probe probe(network_, seed_, batches[0].inputs.device());
        const at::Tensor input = batches[0].inputs.clone().requires_grad_();
        Probe::Answers answers = probe.forward(input);
        check_stop();
        if (wants(Proxy::jacob_cov) || wants(Proxy::naswot))
            score_jacobians(input, answers);
        if (std::ranges::any_of(proxies_, [](Proxy proxy) {
                return proxy != Proxy::synflow && proxy != Proxy::jacob_cov &&
                       proxy != Proxy::naswot;
            }))
            score_gradients(probe, answers, batches);
    }

    void score_jacobians(const at::Tensor& input, const Probe::Answers& answers) {
        std::vector<at::Tensor> inputs{input};
        inputs.insert(inputs.end(), answers.rectified.begin(), answers.rectified.end());
        const auto gradients = gradients_of(answers.logits.sum(), inputs, Graph::keep);
        if (wants(Proxy::jacob_cov))
            set(Proxy::jacob_cov, jacob_cov(gradients[0]));
        std::vector<at::Tensor> reached;  // by what goes back from the answer
        for (std::size_t i = 0; i < answers.rectified.size(); ++i)
            if (gradients[i + 1].defined())
                reached.push_back(answers.rectified[i]);
        if (wants(Proxy::naswot))
            if (const std::optional<double> score = naswot(reached))
                set(Proxy::naswot, *score);
    }

    void score_gradients(Probe& probe,
                         Probe::Answers& answers,
                         const std::vector<Samples>& batches) {
        const std::vector<at::Tensor>& weights = probe.weights();
        if (weights.empty())
            return;
        std::vector<at::Tensor> inputs = weights;
        for (const Channels& layer : answers.layers)
            inputs.push_back(layer.activation);
        const bool twice = wants(Proxy::grasp);
        std::vector<at::Tensor> gradients = gradients_of(
            loss_of(answers.logits, batches[0]), inputs, twice ? Graph::keep : Graph::free, twice);
        for (std::size_t i = 0; i < answers.layers.size(); ++i)
            answers.layers[i].gradient = gradients[weights.size() + i];
        gradients.resize(weights.size());
        if (wants(Proxy::grad_norm))
            set(Proxy::grad_norm, grad_norm(gradients));
        if (wants(Proxy::snip))
            set(Proxy::snip, snip(weights, gradients));
        if (wants(Proxy::fisher))
            set(Proxy::fisher, fisher(answers.layers));
        if (twice)
            set(Proxy::grasp, grasp(weights, gradients_of_squares(weights, gradients)));
        answers = {};
        for (at::Tensor& gradient : gradients)
            gradient = gradient.defined() ? gradient.detach() : gradient;
        if (wants(Proxy::zico))
            score_batch_differences(probe, std::move(gradients), batches);
    }

    // H g: of the sum of g * stop_gradient(g).
    static std::vector<at::Tensor> gradients_of_squares(const std::vector<at::Tensor>& weights,
                                                        const std::vector<at::Tensor>& gradients) {
        at::Tensor sum = at::zeros({}, weights.front().options().requires_grad(false));
        for (const at::Tensor& gradient : gradients)
            if (gradient.defined())
                sum = sum + (gradient * gradient.detach()).sum();
        return gradients_of(sum, weights, Graph::free);
    }

    void score_batch_differences(Probe& probe,
                                 std::vector<at::Tensor> first,
                                 const std::vector<Samples>& batches) {
        std::vector<std::vector<at::Tensor>> gradients{std::move(first)};
        for (std::size_t i = 1; i < batches.size(); ++i) {
            const at::Tensor loss = loss_of(probe.forward(batches[i].inputs).logits, batches[i]);
            gradients.push_back(gradients_of(loss, probe.weights(), Graph::free));
        }
        set(Proxy::zico, zico(gradients));
    }

    const Network& network_;
    std::set<Proxy> proxies_;
    std::uint64_t seed_;
    const std::stop_token& stop_;
    Metrics scores_;
};

// Means over the drawings.
Metrics score_often(const Network& network,
                    const search::ScoringOptions& options,
                    const Batches& batches,
                    const std::stop_token& stop) {
    Metrics means;
    for (std::int64_t repeat = 0; repeat < options.repeats; ++repeat) {
        const Rng rng = Rng(options.seed).fork(static_cast<std::uint64_t>(repeat));
        Rng samples = rng.fork("samples");
        const std::vector<Samples> drawn = batches.draw(network, kBatches, options.batch, samples);
        Scoring scoring(network, options.proxies, rng.fork("weights").next(), stop);
        for (const auto& [proxy, score] : scoring.run(drawn))
            means[proxy] += score / static_cast<double>(options.repeats);
    }
    return means;
}

}  // namespace

Scores score_network(const Network& network,
                     const search::ScoringOptions& options,
                     const Batches& batches,
                     const std::stop_token& stop) {
    if (!is_connected(network))
        return Failure{FailureKind::infeasible,
                       "the answer does not depend on the input: no proxy is defined"};
    try {
        Network scored = network;
        scored.outputs = {network.outputs.back()};
        Metrics scores = score_often(scored, options, batches, stop);
        for (const Proxy proxy : options.proxies) {
            const auto score = scores.find(search::to_string(proxy));
            if (score == scores.end())
                return Failure{
                    FailureKind::infeasible,
                    fmt::format("{} needs {}",
                                search::to_string(proxy),
                                proxy == Proxy::naswot ? "a rectifier (relu, relu6, leaky_relu)"
                                                       : "weights")};
            if (!std::isfinite(score->second))
                return Failure{FailureKind::diverged,
                               fmt::format("{} is {}", score->first, score->second)};
        }
        return scores;
    } catch (const Cancelled&) {
        return Failure{FailureKind::cancelled, "stopped while scoring"};
    } catch (const std::bad_alloc&) {
        return Failure{FailureKind::out_of_memory, "memory ran out while scoring"};
    } catch (const c10::Error& error) {
        return to_failure(error);
    }
}

Scores score_candidate(const spaces::SearchSpace& space,
                       const Genotype& genotype,
                       const search::ScoringOptions& options,
                       const Batches& batches,
                       const std::stop_token& stop) {
    const spaces::Decoded decoded = space.decode(genotype);
    if (!decoded.network)
        return Failure{FailureKind::infeasible, "it has no network"};
    if (auto reason = batches.misfit(space, *decoded.network))
        return Failure{FailureKind::infeasible, *std::move(reason)};
    return score_network(*decoded.network, options, batches, stop);
}

}  // namespace parnas::evaluators
