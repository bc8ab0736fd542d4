// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "evaluators/torch/layers.h"

namespace parnas::evaluators {
namespace {

using Inputs = std::span<const at::Tensor>;

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
