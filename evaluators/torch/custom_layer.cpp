// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "evaluators/torch/layers.h"
#include "evaluators/torch/operator_library.h"
#include "spaces/custom_op.h"
#include "spaces/shapes.h"

namespace parnas::evaluators {
namespace {

Start start_of(plugin::Start::Kind kind) {
    switch (kind) {
        case plugin::Start::Kind::constant:
            return Start::constant;
        case plugin::Start::Kind::normal:
            return Start::normal;
        case plugin::Start::Kind::uniform:
            return Start::uniform;
    }
    throw std::runtime_error("a weight has an unknown start");
}

void expect_sizes(const std::string& weight, const plugin::Shape& shape) {
    spaces::check_shape(shape);
    if (std::ranges::any_of(shape, [](std::int64_t size) { return size < 1; }))
        throw std::runtime_error(
            fmt::format("the weight '{}' has the shape [{}]", weight, fmt::join(shape, ", ")));
}

// A site's weights as a library asks for them, and how many trained values there were.
class SiteWeights final : public plugin::Weights {
  public:
    explicit SiteWeights(const Site& site) : site_(site) {}

    plugin::Weight parameter(const std::string& name,
                             const plugin::Shape& shape,
                             plugin::Start start) override {
        expect_sizes(name, shape);
        parameters_ += c10::multiply_integers(shape);
        return site_.parameter(name, shape, start_of(start.kind), start.scale);
    }
    at::Tensor statistic(const std::string& name,
                         const plugin::Shape& shape,
                         double value) override {
        expect_sizes(name, shape);
        return site_.weights.statistic(site_.spec(name, shape, Start::constant, value));
    }

    std::int64_t parameters() const { return parameters_; }

  private:
    const Site& site_;
    std::int64_t parameters_ = 0;
};

bool is_known(const spaces::Shape& shape) {
    return std::ranges::all_of(shape, [](spaces::Dim dim) { return dim > 0; });
}

void expect_parameters(const spaces::Custom& op, const Site& site, std::int64_t found) {
    if (!std::ranges::all_of(site.inputs, is_known))
        return;
    const std::int64_t counted = op.definition->work(op, site.inputs).parameters;
    if (counted != found)
        throw std::runtime_error(
            fmt::format("it counts {} parameters, and its layer has {}", counted, found));
}

void expect_shape(const at::Tensor& result, std::int64_t batch, const spaces::Shape& shape) {
    if (!result.defined() || !result.is_floating_point())
        throw std::runtime_error("its layer gave no tensor of floating-point numbers");
    bool fits =
        result.dim() == static_cast<std::int64_t>(shape.size()) + 1 && result.size(0) == batch;
    for (std::size_t i = 0; fits && i < shape.size(); ++i)
        fits = shape[i] < 0 || result.size(static_cast<std::int64_t>(i) + 1) == shape[i];
    if (!fits)
        throw std::runtime_error(
            fmt::format("its layer gave a tensor of {}, expected {} x {}, the batch and its shape",
                        fmt::join(result.sizes(), " x "),
                        batch,
                        fmt::join(shape, " x ")));
}

}  // namespace

Layer make_layer(const spaces::Custom& op, const Site& site) {
    return guarded(op, site.node, [&]() -> Layer {
        const std::vector<plugin::Shape> inputs(site.inputs.begin(), site.inputs.end());
        SiteWeights weights(site);
        const plugin::Layer layer =
            torch_functions(op, site.node).make(request_for(op, inputs), weights);
        if (!layer)
            throw std::runtime_error("it made no layer");
        expect_parameters(op, site, weights.parameters());
        return [layer, op, node = site.node, output = site.output](std::span<const at::Tensor> x,
                                                                   const Pass& pass) {
            return guarded(op, node, [&] {
                at::Tensor result =
                    layer(x, {.training = pass.training, .generator = pass.generator});
                expect_shape(result, x[0].size(0), output);
                return result;
            });
        };
    });
}

}  // namespace parnas::evaluators
