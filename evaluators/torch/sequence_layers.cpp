// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <limits>

#include "evaluators/torch/layers.h"

namespace parnas::evaluators {
namespace {

using Inputs = std::span<const at::Tensor>;

struct Projection {
    Weight weight;
    Weight bias;

    at::Tensor operator()(const at::Tensor& x) const { return at::linear(x, weight(), bias()); }
};

Projection make_projection(const Site& site, const std::string& name, std::int64_t features) {
    const double bound = 1.0 / std::sqrt(static_cast<double>(features));
    return {site.parameter(name + "_weight", {features, features}, Start::uniform, bound),
            site.parameter(name + "_bias", {features}, Start::uniform, bound)};
}

// {batch, length, features} -> {batch, heads, length, features / heads}
at::Tensor split_heads(const at::Tensor& x, std::int64_t heads) {
    return x.reshape({x.size(0), x.size(1), heads, x.size(2) / heads}).transpose(1, 2);
}

// The weights of one direction, in the order that at::lstm and at::gru expect.
void add_cell(std::vector<Weight>& cells,
              const spaces::Recurrent& op,
              const Site& site,
              const std::string& suffix) {
    const std::int64_t gates = op.kind == spaces::RecurrentKind::lstm ? 4 : 3;
    const std::int64_t rows = gates * op.hidden;
    const std::int64_t in = site.inputs[0][1];
    const double bound = 1.0 / std::sqrt(static_cast<double>(op.hidden));
    const auto add = [&](const std::string& name, std::vector<std::int64_t> shape) {
        WeightSpec spec = site.spec(name + suffix, std::move(shape), Start::uniform, bound);
        spec.parts = gates;
        cells.push_back(site.weights.parameter(spec));
    };
    add("input_weight", {rows, in});
    add("hidden_weight", {rows, op.hidden});
    add("input_bias", {rows});
    add("hidden_bias", {rows});
}

}  // namespace

Layer make_layer(const spaces::Embedding& op, const Site& site) {
    const Weight weight = site.parameter("weight", {op.count, op.features}, Start::normal, 1.0);
    return [weight](Inputs x, const Pass&) { return at::embedding(weight(), x[0]); };
}

Layer make_layer(const spaces::Attention& op, const Site& site) {
    const std::int64_t features = site.inputs[0][1];
    const Projection query = make_projection(site, "query", features);
    const Projection key = make_projection(site, "key", features);
    const Projection value = make_projection(site, "value", features);
    const Projection output = make_projection(site, "output", features);
    const double scale = 1.0 / std::sqrt(static_cast<double>(features / op.heads));
    return [=](Inputs x, const Pass&) {
        const at::Tensor& context = x.back();
        const at::Tensor q = split_heads(query(x[0]), op.heads);
        const at::Tensor k = split_heads(key(context), op.heads);
        const at::Tensor v = split_heads(value(context), op.heads);
        at::Tensor scores = at::matmul(q, k.transpose(2, 3)) * scale;
        if (op.causal) {
            const at::Tensor future =
                at::ones({q.size(2), k.size(2)}, q.options().dtype(at::kBool)).triu(1);
            scores = scores.masked_fill(future, -std::numeric_limits<float>::infinity());
        }
        const at::Tensor mixed = at::matmul(at::softmax(scores, 3), v);
        return output(mixed.transpose(1, 2).reshape(x[0].sizes()));
    };
}

Layer make_layer(const spaces::Recurrent& op, const Site& site) {
    std::vector<Weight> cells;
    add_cell(cells, op, site, "");
    if (op.bidirectional)
        add_cell(cells, op, site, "_reverse");
    return [op, cells](Inputs x, const Pass&) {
        const at::Tensor start =
            at::zeros({op.bidirectional ? 2 : 1, x[0].size(0), op.hidden}, x[0].options());
        std::vector<at::Tensor> weights;
        for (const Weight& each : cells)
            weights.push_back(each());
        if (op.kind == spaces::RecurrentKind::gru)
            return std::get<0>(
                at::gru(x[0], start, weights, true, 1, 0.0, false, op.bidirectional, true));
        return std::get<0>(
            at::lstm(x[0], {start, start}, weights, true, 1, 0.0, false, op.bidirectional, true));
    };
}

}  // namespace parnas::evaluators
