// SPDX-License-Identifier: Apache-2.0
#include <parnas/torch_operator.hpp>

#include "core/error.h"
#include "evaluators/torch/network_module.h"
#include "evaluators/torch/supernet/weights/shared_weights.h"
#include "evaluators/torch/torchscript.h"
#include "spaces/count.h"
#include "spaces/custom_op.h"
#include "tests/support/catch.h"
#include "tests/support/networks.h"
#include "tests/support/temporary_folder.h"

namespace parnas::evaluators {
namespace {

namespace sdk = parnas::plugin;
using Catch::Matchers::Contains;
using Shapes = std::vector<sdk::Shape>;

// Scales each channel by a weight of its own and drops some values; `fault` says what it does
// wrong.
struct Scale : sdk::TorchOperator {
    Json describe() override { return {{"name", "scale@1"}}; }
    sdk::Shape shape(const Json&, const Shapes& inputs) override { return inputs[0]; }
    Json count(const Json&, const Shapes& inputs) override {
        return {{"parameters", inputs[0][0]}, {"multiply_adds", inputs[0][0]}};
    }
    sdk::Layer make(const Json& attributes, const Shapes& inputs, sdk::Weights& weights) override {
        const std::string fault = attributes.value("fault", "");
        if (fault == "make")
            throw std::runtime_error("no licence");
        const std::int64_t extra = fault == "parameters" ? 1 : 0;
        const sdk::Weight scale =
            weights.parameter("scale", {inputs[0][0] + extra}, {sdk::Start::Kind::uniform, 0.5});
        const at::Tensor seen = weights.statistic("seen", {1}, 0.0);
        return [=](std::span<const at::Tensor> x, const sdk::Pass& pass) -> at::Tensor {
            if (fault == "run")
                throw std::runtime_error("overheated");
            if (fault == "nothing")
                return {};
            if (pass.training)
                seen.add_(1.0);
            const at::Tensor y = x[0] * scale();
            return fault == "shape" ? y.narrow(1, 0, 1) : y;
        };
    }
    std::string script(const Json& attributes, const Shapes&, const sdk::ScriptNames& at) override {
        const std::string fault = attributes.value("fault", "");
        if (fault == "script")
            return "torch.nonsense(";
        return fault == "no script" ? "" : at.inputs[0] + " * " + at.weight("scale");
    }
};

using Entry = const ParnasTorchOperators* (*)();

const ParnasTorchOperators* scale_entry() {
    return sdk::torch_operators<Scale>();
}

spaces::Custom scale_op(const std::string& fault = "", Entry entry = scale_entry) {
    const auto attributes = [](const spaces::Custom& op) { return parse_json(op.attributes, ""); };
    const spaces::CustomOp definition{
        .layer = {.name = "scale@1"},
        .shape =
            [=](const spaces::Custom& op, std::span<const spaces::Shape> in) {
                return Scale().shape(attributes(op), {in.begin(), in.end()});
            },
        .work =
            [=](const spaces::Custom& op, std::span<const spaces::Shape> in) {
                const Json count = Scale().count(attributes(op), {in.begin(), in.end()});
                return spaces::CustomWork{.multiply_adds = count["multiply_adds"],
                                          .parameters = count["parameters"]};
            },
        .symbol = [=](const char* name) -> void* {
            return name == std::string("parnas_torch_operators") ? reinterpret_cast<void*>(entry)
                                                                 : nullptr;
        }};
    return {.type = "scale@1",
            .attributes = fault.empty() ? "{}" : dump_json({{"fault", fault}}),
            .definition = std::make_shared<const spaces::CustomOp>(definition)};
}

// linear -> scale -> linear
spaces::Network with_scale(const spaces::Custom& op, std::int64_t hidden = 6) {
    tests::NetworkDraft draft;
    spaces::ValueId value = draft.input("input", {4});
    value = draft.add("hidden", spaces::Linear{.out = hidden}, {value});
    value = draft.add("scale", op, {value});
    value = draft.add("head", spaces::Linear{.out = 3}, {value});
    return std::move(draft).finish({value});
}

std::string refusal(const spaces::Custom& op) {
    try {
        TorchNetwork network(with_scale(op), 1);
        static_cast<void>(network.forward({at::ones({2, 4})}, Pass{}));
    } catch (const Error& error) {
        CHECK(error.kind() == ErrorKind::invalid_input);
        CHECK(error.faults().front().where == "scale");
        return error.what();
    }
    return "";
}

TEST_CASE("a library's layer is trained, stored and loaded like those built in",
          "[torch][operator]") {
    const spaces::Network network = with_scale(scale_op());
    TorchNetwork first(network, 1);
    const at::Tensor x = at::randn({5, 4}, make_generator(1));
    CHECK(first.weights().flat_parameters().numel() >= spaces::count(network).parameters);
    CHECK(
        at::equal(first.forward({x}, Pass{})[0], TorchNetwork(network, 1).forward({x}, Pass{})[0]));

    at::Tensor gradients = first.weights().make_flat_gradients();
    first.forward({x}, {.training = true})[0].square().sum().backward();
    CHECK(gradients.abs().sum().item<double>() > 0.0);
    const auto& parameters = first.weights().parameters();
    const auto scale = std::ranges::find(parameters, "scale.scale", &NamedTensor::name);
    REQUIRE(scale != parameters.end());
    CHECK(scale->tensor.grad().abs().sum().item<double>() > 0.0);
    CHECK(first.weights().statistics().at(0).tensor.item<double>() == 1.0);

    const std::string bytes = to_bytes(first.weights());
    TorchNetwork second(network, 2);
    load_bytes(bytes, second.weights());
    CHECK(at::equal(first.forward({x}, Pass{})[0], second.forward({x}, Pass{})[0]));
}

TEST_CASE("a library's layer is exported by its own TorchScript", "[torch][operator]") {
    const tests::TemporaryFolder folder;
    const auto write = [&](const spaces::Custom& op) {
        const spaces::Network network = with_scale(op);
        const TorchNetwork model(network, 1);
        return *make_torchscript_exporter()
                    ->write({.network = network,
                             .weights = to_bytes(model.weights()),
                             .description = "{}"},
                            folder.path() / "network.pt")
                    .largest_difference;
    };
    CHECK(write(scale_op()) < 1e-4);
    CHECK_THROWS_WITH(write(scale_op("no script")), Contains("has no TorchScript"));
    CHECK_THROWS_WITH(write(scale_op("script")),
                      Contains("does not take the network's TorchScript"));
}

TEST_CASE("candidates share the weights of a library's layer", "[torch][operator]") {
    const std::vector<spaces::Network> networks{with_scale(scale_op(), 6),
                                                with_scale(scale_op(), 4)};
    SharedWeights shared(networks, 1);
    const at::Tensor x = at::randn({5, 4}, make_generator(1));
    TorchNetwork small = shared.view(networks[1], Statistics::shared);
    small.forward({x}, {.training = true})[0].square().sum().backward();
    for (const NamedTensor& each : shared.tensors())
        if (each.name == "scale.scale") {
            CHECK(each.tensor.numel() == 6);
            CHECK(each.tensor.grad().narrow(0, 0, 4).abs().min().item<double>() > 0.0);
            CHECK(each.tensor.grad().narrow(0, 4, 2).abs().sum().item<double>() == 0.0);
        }
    CHECK(at::allclose(shared.extract(networks[1]).forward({x}, Pass{})[0],
                       small.forward({x}, Pass{})[0]));
}

TEST_CASE("what a library's layer gives is checked", "[torch][operator]") {
    CHECK(refusal(scale_op()).empty());
    CHECK_THAT(refusal(scale_op("make")), Contains("the operator 'scale@1' fails: no licence"));
    CHECK_THAT(refusal(scale_op("run")), Contains("the operator 'scale@1' fails: overheated"));
    CHECK_THAT(refusal(scale_op("parameters")),
               Contains("it counts 6 parameters, and its layer has 7"));
    CHECK_THAT(refusal(scale_op("nothing")), Contains("gave no tensor"));
    CHECK_THAT(refusal(scale_op("shape")), Contains("gave a tensor of 2 x 1, expected 2 x 6"));
}

template <typename Change>
const ParnasTorchOperators* changed(const Change& change) {
    static ParnasTorchOperators entry;
    entry = *sdk::torch_operators<Scale>();
    change(entry);
    entry.functions = nullptr;  // nobody looks
    return &entry;
}

TEST_CASE("a library that was built with another LibTorch is refused before it is used",
          "[torch][operator]") {
    const auto with = [](auto change) { return refusal(scale_op("", change)); };
    CHECK_THAT(
        with([] { return changed([](ParnasTorchOperators& each) { each.libtorch = "2.9.0"; }); }),
        Contains("was built with LibTorch '2.9.0', and parnas with '" TORCH_VERSION "'"));
    CHECK_THAT(with([] { return changed([](ParnasTorchOperators& each) { each.abi = 7; }); }),
               Contains("version of torch_operator.h '7', and parnas with '1'"));
    CHECK_THAT(with([] {
                   return changed(
                       [](ParnasTorchOperators& each) { each.cxx_library = "libstdc++, old ABI"; });
               }),
               Contains("the C++ library 'libstdc++, old ABI'"));
    CHECK_THAT(refusal(scale_op("", nullptr)), Contains("does not run in LibTorch"));
}

}  // namespace
}  // namespace parnas::evaluators
