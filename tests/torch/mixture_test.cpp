// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/rng.h"
#include "evaluators/torch/supernet/weights/checkpoint.h"
#include "evaluators/torch/supernet/weights/shared_weights.h"
#include "spaces/load.h"
#include "spaces/supernet.h"
#include "tests/support/catch.h"
#include "tests/support/networks.h"

using namespace parnas;
using namespace parnas::evaluators;

namespace {

constexpr std::uint64_t kSeed = 4;

std::unique_ptr<spaces::SearchSpace> small_space(const std::string& name) {
    const Json image{3, 8, 8};
    return spaces::load_space(
        Json{{"name", name},
             {"with", {{"image", image}, {"channels", 4}, {"cells", name == "darts" ? 3 : 1}}}},
        ".");
}

// Everything kept that can be.
spaces::Supernet keep_all(const spaces::SearchSpace& space) {
    Rng rng(kSeed);
    spaces::SupernetOptions options{.base = spaces::sample_feasible(space, rng)};
    options.options.resize(space.params().size());
    const auto open = spaces::open_parameters(*space.shared_weights(), space.params().size());
    for (std::size_t i = 0; i < open.size(); ++i)
        if (open[i] == spaces::Openness::options || open[i] == spaces::Openness::edges) {
            const auto& domain = std::get<spaces::Categorical>(space.params()[i].domain);
            for (std::size_t entry = 0; entry < domain.choices.size(); ++entry)
                options.options[i].push_back(entry);
        }
    return spaces::keep_choices(*space.shared_weights(), space.params(), options);
}

// The entries that a genotype chooses of a strength; of a cell that sums all edges, all.
std::vector<std::size_t> chosen(const spaces::Strength& strength,
                                const spaces::SearchSpace& space,
                                const Genotype& genotype) {
    const auto value = static_cast<std::size_t>(
        std::get<std::int64_t>(genotype.values[static_cast<std::size_t>(strength.param)]));
    if (strength.kind == spaces::Strength::Kind::options)
        return {value};
    if (strength.name.ends_with(".edges"))
        return strength.entries;
    const auto& param = space.params()[static_cast<std::size_t>(strength.param)];
    const auto& subset =
        std::get<std::string>(std::get<spaces::Categorical>(param.domain).choices[value]);
    return {static_cast<std::size_t>(subset[0] - '0'), static_cast<std::size_t>(subset[2] - '0')};
}

enum class Terms { all, active };

std::vector<MixWeights> one_hot(const spaces::Supernet& supernet,
                                const spaces::SearchSpace& space,
                                const Genotype& genotype,
                                Terms terms) {
    std::vector<MixWeights> mixes;
    for (const spaces::Strength& strength : supernet.strengths) {
        const std::vector<std::size_t> entries = chosen(strength, space, genotype);
        const at::Tensor values = at::zeros({static_cast<std::int64_t>(strength.entries.size())});
        for (const std::size_t entry : entries)
            values[static_cast<std::int64_t>(entry)].fill_(1.0);
        mixes.push_back({.values = values.requires_grad_()});
        if (terms == Terms::active)
            mixes.back().active = entries;
    }
    return mixes;
}

double difference(const at::Tensor& a, const at::Tensor& b) {
    return (a - b).abs().max().item<double>();
}

// input -> {zero, identity, scaled by a weight, the same after a norm} -> mix
spaces::Network four_terms() {
    using namespace spaces;
    tests::NetworkDraft draft;
    const ValueId input = draft.input("x", {2, 3, 3});
    const ValueId zero = draft.add("zero", Zero{}, {input});
    const ValueId identity = draft.add("identity", Identity{}, {input});
    const ValueId conv = draft.add("conv", Conv{.out = 2}, {input});
    const ValueId other = draft.add("other", Conv{.out = 2}, {input});
    const ValueId norm = draft.add("norm", Norm{.affine = false}, {other});
    return std::move(draft).finish({draft.add("mix", Mix{}, {zero, identity, conv, norm})});
}

at::Tensor statistic(const TorchNetwork& model, std::string_view name) {
    return *find_tensor(model.weights().statistics(), name);
}

}  // namespace

TEST_CASE("a supernet with one option of each choice is the network of those options",
          "[torch][supernet]") {
    for (const std::string name : {"cell201", "darts"}) {
        const auto space = small_space(name);
        const spaces::Supernet supernet = keep_all(*space);
        SharedWeights shared(std::vector{supernet.network}, kSeed);
        const at::NoGradGuard no_grad;
        const std::vector<at::Tensor> inputs = random_inputs(supernet.network, {.batch = 2}, kSeed);
        TorchNetwork whole = shared.view(supernet.network);
        // Statistics away from their start.
        std::vector<MixWeights> sums(supernet.strengths.size());
        whole.forward(inputs, {.training = true, .mixes = sums});
        Rng rng(kSeed);
        for (int i = 0; i < 4; ++i) {
            const Genotype genotype = spaces::sample_feasible(*space, rng);
            const spaces::Network network = *space->decode(genotype).network;
            const at::Tensor logits = shared.extract(network).forward(inputs, Pass{}).back();
            INFO(name << ", sample " << i);
            for (const Terms terms : {Terms::all, Terms::active}) {
                const auto mixes = one_hot(supernet, *space, genotype, terms);
                CHECK(difference(whole.forward(inputs, {.mixes = mixes}).back(), logits) < 1e-5);
            }
            CHECK(difference(shared.view(network).forward(inputs, Pass{}).back(), logits) < 1e-5);
        }
    }
}

TEST_CASE("what only inactive entries need is left out, with the same values and gradients",
          "[torch][supernet]") {
    const auto space = small_space("cell201");
    const spaces::Supernet supernet = keep_all(*space);
    Rng rng(kSeed);
    const Genotype genotype = spaces::sample_feasible(*space, rng);
    const std::vector<at::Tensor> inputs = random_inputs(supernet.network, {.batch = 2}, kSeed);
    std::vector<at::Tensor> outputs, gradients;
    for (const Terms terms : {Terms::all, Terms::active}) {
        SharedWeights shared(std::vector{supernet.network}, kSeed);
        const auto mixes = one_hot(supernet, *space, genotype, terms);
        outputs.push_back(
            shared.view(supernet.network).forward(inputs, {.training = true, .mixes = mixes})[0]);
        outputs.back().square().sum().backward();
        gradients.push_back(shared.gradients());
    }
    CHECK(difference(outputs[0], outputs[1]) < 1e-5);
    CHECK(gradients[0].abs().max().item<double>() > 0.0);
    CHECK(difference(gradients[0], gradients[1]) < 1e-4 * gradients[0].abs().max().item<double>());
}

TEST_CASE("an inactive branch does not run, and its weight has the gradient of an added number",
          "[torch][supernet]") {
    const spaces::Network network = four_terms();
    TorchNetwork model(network, 1);
    const at::Tensor x = random_inputs(network, {.batch = 2}, 2)[0];
    const at::Tensor values = at::zeros({4});
    values[2].fill_(1.0);
    values.requires_grad_();
    std::vector<MixWeights> mixes{{.values = values, .active = {2}}};
    const at::Tensor y = model.forward({x}, {.training = true, .mixes = mixes})[0];
    CHECK(statistic(model, "norm.running_mean").eq(0.0).all().item<bool>());
    (y * y.detach()).sum().backward();
    const at::Tensor gradient = values.grad();
    for (const int inactive : {0, 1, 3})
        CHECK(gradient[inactive].item<double>() == Approx(y.sum().item<double>()).epsilon(1e-4));
    CHECK(gradient[2].item<double>() == Approx(y.square().sum().item<double>()).epsilon(1e-4));

    mixes[0] = {.values = at::eye(4)[0], .active = {0}};  // zeros alone
    CHECK(difference(model.forward({x}, {.training = true, .mixes = mixes})[0],
                     at::zeros_like(x)) == 0.0);
    CHECK(statistic(model, "norm.running_mean").eq(0.0).all().item<bool>());
    mixes[0].active = {};
    model.forward({x}, {.training = true, .mixes = mixes});
    CHECK(!statistic(model, "norm.running_mean").eq(0.0).any().item<bool>());
}

TEST_CASE("a mix is the sum of its inputs times their weights", "[torch][supernet]") {
    const spaces::Network network = four_terms();
    TorchNetwork model(network, 1);
    const at::NoGradGuard no_grad;
    const at::Tensor x = random_inputs(network, {.batch = 2}, 2)[0];
    const auto conv = [&](const char* name) {
        return at::conv2d(x, *find_tensor(model.weights().parameters(), name));
    };
    const at::Tensor scaled = conv("other.weight") / std::sqrt(1.0 + 1e-5);
    const at::Tensor values = at::arange(1, 5, at::kFloat);
    const std::vector<MixWeights> weighted{{.values = values}}, plain(1);
    CHECK(difference(model.forward({x}, {.mixes = weighted})[0],
                     2.0 * x + 3.0 * conv("conv.weight") + 4.0 * scaled) < 1e-5);
    CHECK(difference(model.forward({x}, {.mixes = plain})[0], x + conv("conv.weight") + scaled) <
          1e-5);
    CHECK_THROWS_AS(model.forward({x}, Pass{}), Error);
}

TEST_CASE("dropout of skips drops identities in training only", "[torch][supernet]") {
    const spaces::Network network = four_terms();
    TorchNetwork model(network, 1);
    const at::NoGradGuard no_grad;
    const at::Tensor x = at::ones({200, 2, 3, 3});
    const std::vector<MixWeights> identity{{.active = {1}}}, conv{{.active = {2}}};
    const auto run = [&](const std::vector<MixWeights>& mixes, bool training) {
        return model.forward({x},
                             {.training = training,
                              .generator = make_generator(1),
                              .mixes = mixes,
                              .skip_dropout = 0.25})[0];
    };
    CHECK(at::equal(run(identity, false), x));
    CHECK(run(identity, true).eq(0.0).to(at::kFloat).mean().item<double>() ==
          Approx(0.25).margin(0.03));
    CHECK(at::equal(run(conv, true), run(conv, false)));
}

TEST_CASE("networks of an elastic space run on shared weights as on copies", "[torch][supernet]") {
    const auto space = spaces::load_space(Json{{"document", Json::parse(R"({
            "name": "elastic@1",
            "input": {"image": [3, {"param": "resolution"}, {"param": "resolution"}]},
            "output": {"classes": 4},
            "params": {"resolution": {"one_of": [8, 12], "ordered": true},
                       "width": {"one_of": [0.5, 1.0], "ordered": true},
                       "kernel": {"one_of": [3, 5, 7], "ordered": true}},
            "body": [
                {"conv": {"name": "stem", "out": {"round8": ["width", 16]}, "norm": "batch"}},
                {"repeat": {"name": "stage", "times": {"integer": [1, 3]}, "body": [
                    {"mbconv": {"out": {"round8": ["width", 16]}, "kernel": {"param": "kernel"},
                                "expand": {"one_of": [1.0, 3.0], "ordered": true}, "se": true}}]}},
                {"head": {}}]})")}},
                                          ".");
    std::vector<spaces::Network> networks;
    Rng rng(kSeed);
    for (int i = 0; i < 200; ++i)
        networks.push_back(*space->decode(spaces::sample_feasible(*space, rng)).network);
    SharedWeights shared(networks, kSeed);
    const at::NoGradGuard no_grad;
    const at::Generator generator = make_generator(kSeed);
    for (const NamedTensor& each : shared.tensors())
        each.tensor.add_(at::empty_like(each.tensor).uniform_(0.0, 0.1, generator));
    const at::Tensor x = at::empty({2, 3, 12, 12}).normal_(0.0, 1.0, generator);
    for (std::size_t i = 0; i < 12; ++i) {
        const at::Tensor logits = shared.extract(networks[i]).forward({x}, Pass{})[0];
        CHECK(difference(shared.view(networks[i]).forward({x}, Pass{})[0], logits) <
              1e-5 * logits.abs().max().item<double>());
    }
}
