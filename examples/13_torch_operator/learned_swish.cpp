// SPDX-License-Identifier: Apache-2.0
#include <parnas/torch_operator.hpp>
using namespace parnas::plugin;

// x sigmoid(beta x) with a beta for each channel (Ramachandran et al., 2017).
struct LearnedSwish : TorchOperator {
    Json describe() override {
        const Json beta = {
            {"name", "beta"}, {"type", "real"}, {"low", 0}, {"high", 10}, {"default", 1}};
        return {{"name", "learned_swish@1"},
                {"about", "swish with a slope for each channel, which starts at `beta`"},
                {"attributes", Json::array({beta})}};
    }
    Shape shape(const Json&, const std::vector<Shape>& inputs) override {
        if (inputs[0].size() != 3)
            throw std::runtime_error("expected an image, {channels, height, width}");
        return inputs[0];
    }
    Json count(const Json&, const std::vector<Shape>& inputs) override {
        const Shape& in = inputs[0];
        return {{"parameters", in[0]}, {"multiply_adds", 2 * in[0] * in[1] * in[2]}};
    }
    Layer make(const Json& attributes,
               const std::vector<Shape>& inputs,
               Weights& weights) override {
        const Start start{Start::Kind::constant, attributes["beta"]};
        const Weight beta = weights.parameter("beta", {inputs[0][0], 1, 1}, start);
        return [beta](std::span<const at::Tensor> x, const Pass&) {
            return x[0] * at::sigmoid(beta() * x[0]);
        };
    }
    std::string script(const Json&, const std::vector<Shape>&, const ScriptNames& at) override {
        const std::string& x = at.inputs[0];
        return x + " * torch.sigmoid(" + at.weight("beta") + " * " + x + ")";
    }
};
PARNAS_TORCH_PLUGIN(LearnedSwish)
