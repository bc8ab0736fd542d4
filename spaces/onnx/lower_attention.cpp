// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <limits>

#include "spaces/onnx/lower.h"

namespace parnas::spaces::onnx {
namespace {

using Order = std::vector<std::int64_t>;

// Which scores {length, length of the context} count: column - row from `first` to `last`.
struct Band {
    std::optional<std::int64_t> first;  // none: all before
    std::optional<std::int64_t> last;   // none: all after
};

Band band_of(const Attention& op) {
    if (op.kind == AttentionKind::local) {
        const Neighbours window = neighbours(op);
        return {-window.before, window.after};
    }
    return op.causal ? Band{.first = {}, .last = 0} : Band{};
}

class AttentionWriter {
  public:
    AttentionWriter(const Attention& op, const Place& at)
        : op_(op),
          at_(at),
          graph_(at.graph),
          features_(at.shapes[0][1]),
          columns_(features_ / op.heads) {}

    std::string write() {
        const std::string mixed = op_.kind == AttentionKind::linear ? linear() : scored();
        const std::string ordered = graph_.add("Transpose", {mixed}, {{"perm", Order{0, 2, 1, 3}}});
        return projected(graph_.add("Reshape", {ordered, graph_.integers({0, 0, features_})}),
                         "output");
    }

  private:
    std::string projected(const std::string& x, const std::string& name) {
        return project(
            x,
            {.weight = name + "_weight", .bias = name + "_bias", .in = features_, .out = features_},
            graph_);
    }

    // {batch, length, features} -> {batch, heads, length, columns}, or with `order` {0, 2, 3, 1}
    // the transpose of its last two.
    std::string split_heads(const std::string& x, Order order = {0, 2, 1, 3}) {
        const std::string split =
            graph_.add("Reshape", {x, graph_.integers({0, 0, op_.heads, columns_})});
        return graph_.add("Transpose", {split}, {{"perm", std::move(order)}});
    }

    std::string value() { return split_heads(projected(at_.inputs.back(), "value")); }

    // Full attention, or local with all scores and those out of the window hidden.
    std::string scored() {
        // Queries are scaled, not scores: OpenCV 4.6 loses a factor after a product of two values.
        const auto scale = static_cast<float>(1.0 / std::sqrt(static_cast<double>(columns_)));
        const std::string query =
            split_heads(graph_.add("Mul", {projected(at_.in(), "query"), graph_.number(scale)}));
        const std::string key = split_heads(projected(at_.inputs.back(), "key"), {0, 2, 3, 1});
        const std::string values = value();
        const std::string scores = within(band_of(op_), graph_.add("MatMul", {query, key}));
        const std::string shares = graph_.add("Softmax", {scores}, {{"axis", std::int64_t{3}}});
        return graph_.add("MatMul", {shares, values});
    }

    // Scores {batch, heads, length, length of the context}, very low where they do not count.
    std::string within(const Band& band, std::string scores) {
        constexpr float kLowest = std::numeric_limits<float>::lowest();
        if (!band.first && !band.last)
            return scores;
        const Dim length = at_.shapes[0][0];
        const Dim context = at_.shapes.back()[0];
        if (length >= 0 && context >= 0) {
            std::vector<float> mask(static_cast<std::size_t>(length * context), 0.0F);
            for (std::int64_t row = 0; row < length; ++row)
                for (std::int64_t column = 0; column < context; ++column)
                    if (column - row < band.first.value_or(-length) ||
                        column - row > band.last.value_or(context))
                        mask[static_cast<std::size_t>(row * context + column)] = kLowest;
            return graph_.add("Add",
                              {scores, graph_.tensor("mask", {length, context}, std::move(mask))});
        }
        // 1 where a score is: on one side of a diagonal these stay, and become the lowest number.
        const std::string ones = clip(scores, 1.0F, 1.0F, graph_);
        const auto hide = [&](std::int64_t diagonal, std::int64_t upper) {
            const std::string hidden =
                graph_.add("Trilu", {ones, graph_.integer(diagonal)}, {{"upper", upper}});
            scores =
                graph_.add("Add", {scores, graph_.add("Mul", {hidden, graph_.number(kLowest)})});
        };
        if (band.last)
            hide(*band.last + 1, 1);
        if (band.first)
            hide(*band.first - 1, 0);
        return scores;
    }

    std::string feature_map(const std::string& x) {
        return graph_.add("Add", {graph_.add("Elu", {x}), graph_.number(1.0F)});
    }

    std::string columns_of(const std::string& x, std::int64_t first, std::int64_t end) {
        return graph_.add(
            "Slice", {x, graph_.integers({first}), graph_.integers({end}), graph_.integers({3})});
    }

    // Values get a column of 1, so that sums of keys are a column of the sums of products.
    std::string linear() {
        const std::string query = feature_map(split_heads(projected(at_.in(), "query")));
        const std::string key =
            feature_map(split_heads(projected(at_.inputs.back(), "key"), {0, 2, 3, 1}));
        const std::string values = graph_.add(
            "Pad", {value(), graph_.integers({0, 0, 0, 0, 0, 0, 0, 1}), graph_.number(1.0F)});
        const auto sums_so_far = [&] {
            const std::string products = graph_.add("MatMul", {query, key});  // none is below 0
            const std::string counted = graph_.add("Relu", {within(band_of(op_), products)});
            return graph_.add("MatMul", {counted, values});
        };
        const std::string sums =
            op_.causal ? sums_so_far()
                       : graph_.add("MatMul", {query, graph_.add("MatMul", {key, values})});
        const std::string of_keys =
            graph_.add("Add",
                       {columns_of(sums, columns_, columns_ + 1),
                        graph_.number(static_cast<float>(kLinearAttentionEpsilon))});
        return graph_.add("Div", {columns_of(sums, 0, columns_), of_keys});
    }

    const Attention& op_;
    const Place& at_;
    Graph& graph_;
    std::int64_t features_;
    std::int64_t columns_;  // of a head
};

}  // namespace

std::string lower(const Attention& op, const Place& at) {
    return AttentionWriter(op, at).write();
}

}  // namespace parnas::spaces::onnx
