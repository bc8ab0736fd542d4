// SPDX-License-Identifier: Apache-2.0
#include <optional>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "spaces/network_json.h"
#include "spaces/op_attributes.h"
#include "spaces/shapes.h"

namespace parnas::spaces {
namespace {

// The inside of a quoted DOT string.
std::string escape(std::string_view text) {
    std::string escaped;
    for (const char c : text) {
        if (c == '"' || c == '\\')
            escaped += '\\';
        if (c == '\n')
            escaped += "\\n";
        else
            escaped += c;
    }
    return escaped;
}

template <typename Field>
std::string field_text(const Field& field, std::span<const std::string> symbols) {
    if constexpr (std::is_same_v<Field, Extent>)
        return fmt::format("{}x{}", field[0], field[1]);
    else if constexpr (std::is_same_v<Field, Shape>)
        return to_string(field, symbols);
    else if constexpr (std::is_enum_v<Field>)
        return std::string(word_of(field));
    else
        return fmt::format("{}", field);
}

}  // namespace

std::string op_text(const Op& op, std::span<const std::string> symbols) {
    const auto texts = [&](const Op& from) {
        std::vector<std::string> all;
        const auto add = [&](std::string_view name, const auto& field, const auto&) {
            all.push_back(fmt::format(" {}={}", name, field_text(field, symbols)));
        };
        std::visit([&](const auto& each) { visit_attributes(each, add); }, from);
        return all;
    };
    const std::vector<std::string> own = texts(op);
    const std::vector<std::string> plain = texts(*default_op(op_name(op)));
    std::string text(op_name(op));
    for (std::size_t i = 0; i < own.size(); ++i)
        if (own[i] != plain[i])
            text += own[i];
    return text;
}

std::string to_dot(const Network& network) {
    std::string dot = "digraph network {\n  node [shape=box, fontname=\"sans-serif\"];\n";
    std::vector<std::optional<Shape>> shapes;
    for (std::size_t i = 0; i < network.inputs.size(); ++i) {
        const Input& input = network.inputs[i];
        shapes.emplace_back(input.shape);
        dot += fmt::format("  v{} [label=\"{}\\n{} {}\", shape=ellipse];\n",
                           i,
                           escape(input.name),
                           escape(to_string(input.shape, network.symbols)),
                           word_of(input.dtype));
    }
    for (std::size_t i = 0; i < network.nodes.size(); ++i) {
        const Node& node = network.nodes[i];
        shapes.push_back(infer_known_shape(node, shapes));
        const std::string shape =
            shapes.back() ? to_string(*shapes.back(), network.symbols) : std::string();
        dot += fmt::format("  v{} [label=\"{}\\n{}{}\"];\n",
                           network.id_of(i),
                           escape(node.name),
                           escape(op_text(node.op, network.symbols)),
                           shape.empty() ? "" : "\\n" + escape(shape));
        for (const ValueId id : node.inputs)
            dot += fmt::format("  v{} -> v{};\n", id, network.id_of(i));
    }
    for (std::size_t i = 0; i < network.outputs.size(); ++i)
        dot += fmt::format("  out{} [label=\"output {}\", shape=ellipse];\n  v{} -> out{};\n",
                           i,
                           i,
                           network.outputs[i],
                           i);
    return dot + "}\n";
}

}  // namespace parnas::spaces
