// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "evaluators/torch/torchscript_place.h"

namespace parnas::evaluators {
namespace {

// As in attention_layer.cpp, with its names: lines in which {v} is the prefix of variables.
class AttentionScript {
  public:
    AttentionScript(const spaces::Attention& op, const Place& at)
        : op_(op), at_(at), features_(at.shapes[0][1]), columns_(features_ / op.heads) {}

    std::vector<std::string> write() && {
        split_heads("query", at_.in());
        split_heads("key", at_.inputs.back());
        split_heads("value", at_.inputs.back());
        switch (op_.kind) {
            case spaces::AttentionKind::full:
                attend_fully();
                break;
            case spaces::AttentionKind::local:
                attend_locally();
                break;
            case spaces::AttentionKind::linear:
                attend_linearly();
                break;
        }
        line(
            "{v} = torch.linear({v}_mixed.transpose(1, 2).reshape([{x}.size(0), {x}.size(1), "
            "{features}]), {weight}, {bias})",
            fmt::arg("x", at_.in()),
            fmt::arg("features", features_),
            fmt::arg("weight", at_.weight("output_weight")),
            fmt::arg("bias", at_.weight("output_bias")));
        return std::move(lines_);
    }

  private:
    template <typename... Arguments>
    void line(std::string_view format, const Arguments&... arguments) {
        lines_.push_back(
            fmt::format(fmt::runtime(format), fmt::arg("v", at_.output), arguments...));
    }

    void split_heads(const std::string& name, const std::string& from) {
        line(
            "{v}_{name} = torch.linear({x}, {weight}, {bias}).reshape([{x}.size(0), {x}.size(1), "
            "{heads}, {columns}]).transpose(1, 2)",
            fmt::arg("name", name),
            fmt::arg("x", from),
            fmt::arg("weight", at_.weight(name + "_weight")),
            fmt::arg("bias", at_.weight(name + "_bias")),
            fmt::arg("heads", op_.heads),
            fmt::arg("columns", columns_));
    }

    std::string scale() const {
        return fmt::format("{:.17g}", 1.0 / std::sqrt(static_cast<double>(columns_)));
    }

    void attend_fully() {
        line("{v}_scores = torch.matmul({v}_query, {v}_key.transpose(2, 3)) * {scale}",
             fmt::arg("scale", scale()));
        if (op_.causal) {
            line("{v}_future = torch.triu(torch.ones_like({v}_scores), 1) > 0.5");
            line("{v}_scores = {v}_scores.masked_fill({v}_future, float('-inf'))");
        }
        line("{v}_mixed = torch.matmul(torch.softmax({v}_scores, 3), {v}_value)");
    }

    void split_blocks(const std::string& name) {
        line(
            "{v}_{name} = torch.constant_pad_nd({v}_{name}, [0, 0, 0, {v}_end - {v}_length])"
            ".reshape([{v}_{name}.size(0), {heads}, -1, {v}_size, {v}_{name}.size(3)])",
            fmt::arg("name", name),
            fmt::arg("heads", op_.heads));
    }

    // Blocks of `size` positions.
    void measure(std::int64_t size) {
        line("{v}_length = {v}_query.size(2)");
        line("{v}_size = min({size}, {v}_length)", fmt::arg("size", size));
        line("{v}_end = ({v}_length + {v}_size - 1) // {v}_size * {v}_size");
    }

    void attend_locally() {
        const spaces::Neighbours window = spaces::neighbours(op_);
        measure(std::max(op_.window, columns_));
        line("{v}_before = min({before}, {v}_length - 1)", fmt::arg("before", window.before));
        line("{v}_after = min({after}, {v}_length - 1)", fmt::arg("after", window.after));
        line("{v}_reach = {v}_before + {v}_size + {v}_after");
        split_blocks("query");
        for (const char* name : {"key", "value"})
            line(
                "{v}_{name} = torch.constant_pad_nd({v}_{name}, [0, 0, {v}_before, {v}_end - "
                "{v}_length + {v}_after]).unfold(2, {v}_reach, {v}_size)",
                fmt::arg("name", name));
        line(
            "{v}_positions = torch.arange(-{v}_before, {v}_end + {v}_after, "
            "device={v}_query.device)");
        line("{v}_own = {v}_positions.narrow(0, {v}_before, {v}_end).reshape([-1, {v}_size, 1])");
        line("{v}_seen = {v}_positions.unfold(0, {v}_reach, {v}_size).unsqueeze(1)");
        line(
            "{v}_hidden = ({v}_seen < 0) | ({v}_seen < {v}_own - {v}_before) | "
            "({v}_seen > {v}_own + {v}_after) | ({v}_seen > {v}_own.clamp_min({v}_length - 1))");
        line("{v}_scores = torch.matmul({v}_query, {v}_key) * {scale}", fmt::arg("scale", scale()));
        line("{v}_shares = torch.softmax({v}_scores.masked_fill({v}_hidden, float('-inf')), 4)");
        line(
            "{v}_mixed = torch.matmul({v}_shares, {v}_value.transpose(3, 4)).flatten(2, 3)"
            ".narrow(2, 0, {v}_length)");
    }

    void attend_linearly() {
        line("{v}_query = torch.elu({v}_query) + 1.0");
        line("{v}_key = torch.elu({v}_key) + 1.0");
        line("{v}_value = torch.constant_pad_nd({v}_value, [0, 1], 1.0)");
        if (op_.causal) {
            measure(columns_);
            for (const char* name : {"query", "key", "value"})
                split_blocks(name);
            line("{v}_key = {v}_key.transpose(3, 4)");
            line("{v}_of_blocks = torch.matmul({v}_key, {v}_value)");
            line(
                "{v}_earlier = torch.constant_pad_nd({v}_of_blocks, [0, 0, 0, 0, 1, "
                "-1]).cumsum(2)");
            line(
                "{v}_sums = torch.matmul(torch.matmul({v}_query, {v}_key).tril(), {v}_value) + "
                "torch.matmul({v}_query, {v}_earlier)");
            line("{v}_sums = {v}_sums.flatten(2, 3).narrow(2, 0, {v}_length)");
        } else {
            line(
                "{v}_sums = torch.matmul({v}_query, torch.matmul({v}_key.transpose(2, 3), "
                "{v}_value))");
        }
        line(
            "{v}_mixed = {v}_sums.narrow(3, 0, {columns}) / ({v}_sums.narrow(3, {columns}, 1) + "
            "{epsilon})",
            fmt::arg("columns", columns_),
            fmt::arg("epsilon", spaces::kLinearAttentionEpsilon));
    }

    const spaces::Attention& op_;
    const Place& at_;
    std::int64_t features_;
    std::int64_t columns_;  // of a head
    std::vector<std::string> lines_;
};

}  // namespace

std::vector<std::string> statements(const spaces::Attention& op, const Place& at) {
    return AttentionScript(op, at).write();
}

}  // namespace parnas::evaluators
