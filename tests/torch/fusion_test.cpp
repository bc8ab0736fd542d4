// SPDX-License-Identifier: Apache-2.0
#include "evaluators/torch/supernet/fusion/fusion.h"

#include <algorithm>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/rng.h"
#include "evaluators/torch/network_module.h"
#include "evaluators/torch/supernet/weights/shared_weights.h"
#include "spaces/load.h"
#include "spaces/supernet.h"
#include "tests/support/catch.h"

namespace parnas::evaluators {
namespace {

// All choices of a built-in space kept.
spaces::Supernet make_supernet(const std::string& name, std::int64_t partial_channels = 1) {
    const auto space = spaces::load_space(
        {{"name", name},
         {"with", {{"image", {2, 8, 8}}, {"classes", 3}, {"channels", 8}, {"cells", 1}}}},
        {});
    spaces::SupernetOptions options{.partial_channels = partial_channels, .search_norms = true};
    for (const spaces::Param& param : space->params()) {
        options.base.values.emplace_back(std::int64_t{0});
        const auto& choices = std::get<spaces::Categorical>(param.domain).choices;
        options.options.emplace_back(choices.size());
        for (std::size_t i = 0; i < choices.size(); ++i)
            options.options.back()[i] = i;
    }
    return keep_choices(*space->shared_weights(), space->params(), options);
}

// Weights of every strength, with gradients.
std::vector<MixWeights> draw_weights(const spaces::Supernet& supernet) {
    const at::Generator generator = make_generator(5);
    std::vector<MixWeights> weights;
    for (const spaces::Strength& strength : supernet.strengths) {
        const auto count = static_cast<std::int64_t>(strength.entries.size());
        weights.push_back({at::empty({count}).uniform_(0.1, 1.0, generator).requires_grad_(), {}});
    }
    return weights;
}

// The same weights node by node and in the other order of values: what is not fused.
TorchNetwork make_plain(const spaces::Supernet& supernet, const SharedWeights& shared) {
    TorchNetwork plain(supernet.network, 0);
    const at::NoGradGuard no_grad;
    const std::vector<NamedTensor> tensors = shared.tensors();
    for (const auto* group : {&plain.weights().parameters(), &plain.weights().statistics()})
        for (const NamedTensor& own : *group)
            own.tensor.copy_(std::ranges::find(tensors, own.name, &NamedTensor::name)->tensor);
    return plain;
}

struct Result {
    at::Tensor output;
    std::vector<NamedTensor> tensors;  // statistics after the pass, and gradients
};

Result run(TorchNetwork& network,
           const Weights& weights,
           const std::vector<MixWeights>& mixes,
           const Pass& pass) {
    for (const NamedTensor& each : weights.parameters())
        if (each.tensor.grad().defined())
            each.tensor.mutable_grad().zero_();
    for (const MixWeights& mix : mixes)
        mix.values.mutable_grad().reset();
    const at::Tensor images = at::empty({6, 2, 8, 8}).normal_(0.0, 1.0, make_generator(1));
    Result result{.output = network.forward({images}, pass).back()};
    (result.output * at::arange(18).view({6, 3})).sum().backward();
    for (const NamedTensor& each : weights.parameters())
        if (each.tensor.grad().defined())
            result.tensors.push_back({"gradient of " + each.name, each.tensor.grad().clone()});
    for (const NamedTensor& each : weights.statistics())
        result.tensors.push_back({each.name, each.tensor.clone()});
    for (std::size_t i = 0; i < mixes.size(); ++i)
        result.tensors.push_back({"mix " + std::to_string(i), mixes[i].values.grad().clone()});
    return result;
}

double distance(const at::Tensor& left, const at::Tensor& right, double unit) {
    return (left - right).abs().max().item<double>() / std::max(unit, 1e-12);
}

// By name; in units of the largest gradient: some are zero but for rounding.
void check_equal(const Result& left, const Result& right) {
    CHECK(distance(left.output, right.output, right.output.abs().max().item<double>()) < 1e-5);
    double unit = 0.0;
    for (const NamedTensor& each : right.tensors)
        unit = std::max(unit, each.tensor.abs().max().item<double>());
    REQUIRE(left.tensors.size() == right.tensors.size());
    for (const NamedTensor& each : right.tensors) {
        CAPTURE(each.name);
        const auto found = std::ranges::find(left.tensors, each.name, &NamedTensor::name);
        REQUIRE(found != left.tensors.end());
        CHECK(distance(found->tensor, each.tensor, unit) < 1e-5);
    }
}

void check_fused(const spaces::Supernet& supernet, const Pass& settings) {
    SharedWeights shared({&supernet.network, 1}, 3);
    TorchNetwork plain = make_plain(supernet, shared);
    TorchNetwork fused = shared.view(supernet.network);
    const std::vector<MixWeights> mixes = draw_weights(supernet);
    Pass pass = settings;
    pass.mixes = mixes;
    (void)plain.weights().make_flat_gradients();
    const Result expected = run(plain, plain.weights(), mixes, pass);
    check_equal(run(fused, shared.weights(), mixes, pass), expected);
}

std::size_t count_convolutions(const FusionPlan& plan, const spaces::Network& network) {
    return static_cast<std::size_t>(std::ranges::count_if(plan.steps, [&](const auto& step) {
        const auto* node = std::get_if<FusionPlan::Node>(&step.work);
        return std::holds_alternative<FusionPlan::Stack>(step.work) ||
               (node && std::holds_alternative<spaces::Conv>(network.nodes[node->node].op));
    }));
}

}  // namespace

TEST_CASE("a fused pass has the outputs, gradients and statistics of a plain one",
          "[torch][supernet][fusion]") {
    const std::string space = GENERATE("cell201", "darts");
    const double statistics_rate = GENERATE(0.1, 0.0);
    CAPTURE(space);
    check_fused(make_supernet(space), {.training = true, .statistics_rate = statistics_rate});
}

TEST_CASE("a fused pass of partial channels equals a plain one", "[torch][supernet][fusion]") {
    check_fused(make_supernet("cell201", 4), {.training = true});
}

TEST_CASE("passes outside of training are the same with and without fusion",
          "[torch][supernet][fusion]") {
    check_fused(make_supernet("cell201"), {.training = false});
}

TEST_CASE("the plan of cell201 has three convolutions of each size per cell instead of six",
          "[torch][supernet][fusion]") {
    const spaces::Supernet supernet = make_supernet("cell201");
    const auto plan = plan_fusion(supernet.network);
    REQUIRE(plan);
    // A cell: one per source node and size. Beside them the stem and two reductions of three.
    CHECK(count_convolutions(*plan, supernet.network) == 3 * (2 * 3) + 1 + 2 * 3);
    // A cell: one per source node. Beside them those of the reductions' shortcuts.
    const auto is_pool = [&](const FusionPlan::Step& step) {
        const auto* node = std::get_if<FusionPlan::Node>(&step.work);
        return node && std::holds_alternative<spaces::Pool>(supernet.network.nodes[node->node].op);
    };
    CHECK(std::ranges::count_if(plan->steps, is_pool) == 3 * 3 + 2);
}

TEST_CASE("a network without mixes has no plan", "[torch][supernet][fusion]") {
    const auto space = spaces::load_space({{"name", "cell201"}}, {});
    Rng rng(1);
    CHECK_FALSE(plan_fusion(*space->decode(sample_feasible(*space, rng)).network));
}

}  // namespace parnas::evaluators
