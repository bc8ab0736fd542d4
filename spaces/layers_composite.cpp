// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cmath>

#include "core/error.h"
#include "spaces/expression.h"
#include "spaces/layer_library.h"
#include "spaces/op_attributes.h"

namespace parnas::spaces {
namespace {

using Kind = AttributeKind;

std::string child(const EmitContext& context, const std::string& name) {
    return context.path + "." + name;
}

AttributeType act_attribute() {
    return {.name = "act",
            .kind = Kind::word,
            .otherwise = std::string("none"),
            .words = activation_words()};
}
AttributeType norm_attribute() {
    return {.name = "norm",
            .kind = Kind::word,
            .otherwise = std::string("none"),
            .words = norm_words()};
}

// Of steps or nodes, each on its own.
AttributeType feature_norm_attribute() {
    return {.name = "norm",
            .kind = Kind::word,
            .otherwise = std::string("none"),
            .words = {"none", "layer", "rms"}};
}

// A convolution that keeps height and width at stride 1 (padding "same").
Conv same_conv(std::int64_t out,
               std::int64_t kernel,
               std::int64_t stride,
               std::int64_t groups = 1) {
    const std::int64_t padding = (kernel - 1) / 2;
    return {.out = out,
            .kernel = {kernel, kernel},
            .stride = {stride, stride},
            .padding = {padding, padding},
            .groups = groups};
}

ValueId emit_conv(const EmitContext& context, const AttributeValues& values) {
    const std::string& norm = values.word("norm");
    const std::int64_t kernel = values.integer("kernel");
    const std::int64_t stride = values.integer("stride");
    const std::int64_t dilation = values.integer("dilation");
    // -1 is the default: as much as keeps the size at stride 1.
    const std::int64_t padding =
        values.integer("padding") < 0 ? dilation * (kernel - 1) / 2 : values.integer("padding");
    const Conv conv{.out = values.integer("out"),
                    .kernel = {kernel, kernel},
                    .stride = {stride, stride},
                    .padding = {padding, padding},
                    .dilation = {dilation, dilation},
                    .groups = values.integer("groups"),
                    .bias = values.boolean("bias")};
    ValueId value = context.builder.add(child(context, "conv"), conv, {context.inputs[0]});
    value = add_norm(context, value, norm);
    return add_activation(context, value, values.word("act"));
}

struct SqueezeExcite {
    std::int64_t squeezed;
    std::string act;
    std::string gate;
};

// Hu et al., "Squeeze-and-excitation networks", 2018.
ValueId add_squeeze_excite(const EmitContext& context,
                           ValueId value,
                           const SqueezeExcite& options) {
    NetworkBuilder& builder = context.builder;
    const std::int64_t channels = builder.channels(value);
    Conv reduce = same_conv(options.squeezed, 1, 1);
    Conv expand = same_conv(channels, 1, 1);
    reduce.bias = expand.bias = true;
    ValueId gate = builder.add(child(context, "se.pool"), GlobalPool{.keep_dims = true}, {value});
    gate = builder.add(child(context, "se.reduce"), reduce, {gate});
    gate = add_activation(context, gate, options.act, "se.act");
    gate = builder.add(child(context, "se.expand"), expand, {gate});
    gate = add_activation(context, gate, options.gate, "se.gate");
    return builder.add(child(context, "se.scale"), Multiply{}, {value, gate});
}

ValueId emit_squeeze_excite(const EmitContext& context, const AttributeValues& values) {
    const auto channels = static_cast<double>(context.builder.channels(context.inputs[0]));
    return add_squeeze_excite(context,
                              context.inputs[0],
                              {.squeezed = round8(channels * values.real("ratio")),
                               .act = values.word("act"),
                               .gate = values.word("gate")});
}

// The inverted residual: expand, depthwise convolution, squeeze and excite, project
// (Sandler et al., "MobileNetV2", 2018; Howard et al., "MobileNetV3", 2019; Tan and Le,
// "EfficientNet", 2019). The input is added where shapes allow.
//
// The two families differ in what they squeeze: MobileNetV3 takes a share of the expanded
// channels, rounded to 8, EfficientNet one of the channels that come in.
ValueId emit_mbconv(const EmitContext& context, const AttributeValues& values) {
    NetworkBuilder& builder = context.builder;
    const ValueId input = context.inputs[0];
    const std::int64_t in = builder.channels(input);
    const std::int64_t out = values.integer("out");
    const std::int64_t stride = values.integer("stride");
    const double expand = values.real("expand");
    const std::int64_t hidden = expand == 1.0 ? in : round8(static_cast<double>(in) * expand);
    const std::string& act = values.word("act");

    ValueId value = input;
    if (hidden != in) {
        value = builder.add(child(context, "expand"), same_conv(hidden, 1, 1), {value});
        value = add_norm(context, value, "batch", "expand.norm");
        value = add_activation(context, value, act, "expand.act");
    }
    value = builder.add(child(context, "depthwise"),
                        same_conv(hidden, values.integer("kernel"), stride, hidden),
                        {value});
    value = add_norm(context, value, "batch", "depthwise.norm");
    value = add_activation(context, value, act, "depthwise.act");
    if (values.boolean("se")) {
        const double ratio = values.real("se_ratio");
        const bool of_input = values.word("se_of") == "input";
        value = add_squeeze_excite(
            context,
            value,
            {.squeezed = of_input
                             ? std::max<std::int64_t>(
                                   1, static_cast<std::int64_t>(static_cast<double>(in) * ratio))
                             : round8(static_cast<double>(hidden) * ratio),
             .act = of_input ? act : "relu",
             .gate = of_input ? "sigmoid" : "hsigmoid"});
    }
    value = builder.add(child(context, "project"), same_conv(out, 1, 1), {value});
    value = add_norm(context, value, "batch", "project.norm");
    if (stride == 1 && in == out)
        value = builder.add(child(context, "add"), Add{}, {input, value});
    return value;
}

// A dilated convolution over {length, features} that sees no later step: the zeros that come in
// stand before the first (van den Oord et al., "WaveNet", 2016).
ValueId emit_causal_conv(const EmitContext& context, const AttributeValues& values) {
    NetworkBuilder& builder = context.builder;
    const Shape shape = builder.shape(context.inputs[0]);
    if (shape.size() != 2)
        throw Error(ErrorKind::invalid_input, "causal_conv needs {length, features}", context.path);
    const std::int64_t out = values.integer("out");
    const std::int64_t kernel = values.integer("kernel");
    const std::int64_t dilation = values.integer("dilation");
    const auto add = [&](const char* name, Op op, ValueId input) {
        return builder.add(child(context, name), std::move(op), {input});
    };
    ValueId value = add("turn", Transpose{.order = {1, 0}}, context.inputs[0]);
    value = add("line", Reshape{.shape = {shape[1], 1, shape[0]}}, value);
    value = add("before", Pad{.before = {0, dilation * (kernel - 1)}}, value);
    value = add("conv",
                Conv{.out = out, .kernel = {1, kernel}, .dilation = {1, dilation}, .bias = true},
                value);
    value = add("flat", Reshape{.shape = {out, shape[0]}}, value);
    value = add("back", Transpose{.order = {1, 0}}, value);
    value = add_norm(context, value, values.word("norm"));
    return add_activation(context, value, values.word("act"));
}

// An operation of NAS-Bench-Graph (Qin et al., NeurIPS 2022): message passing, a fully connected
// layer for each node on its own, or what comes in, which has neither norm nor activation.
ValueId emit_graph_layer(const EmitContext& context, const AttributeValues& values) {
    const std::string& op = values.word("op");
    const std::int64_t out = values.integer("out");
    if (op == "skip")
        return context.builder.add(child(context, op), Identity{}, {context.inputs[0]});
    ValueId value = 0;
    if (op == "fc") {
        value = context.builder.add(child(context, op), Linear{.out = out}, {context.inputs[0]});
    } else {
        const auto kind = std::ranges::find(kWords<MessageKind>, op) - kWords<MessageKind>.begin();
        value =
            context.builder.add(child(context, op),
                                MessagePassing{.kind = static_cast<MessageKind>(kind), .out = out},
                                {context.inputs[0], context.inputs[1]});
    }
    value = add_norm(context, value, values.word("norm"));
    return add_activation(context, value, values.word("act"));
}

// The classifier: pool, one hidden layer if `hidden` is not 0, dropout, linear.
ValueId emit_head(const EmitContext& context, const AttributeValues& values) {
    NetworkBuilder& builder = context.builder;
    const std::int64_t classes =
        values.integer("classes") == 0 ? context.classes : values.integer("classes");
    if (classes == 0)
        throw Error(ErrorKind::invalid_input,
                    "a head needs `classes`, here or in the document's `output`",
                    context.path);
    ValueId value = context.inputs[0];
    if (builder.shape(value).size() == 3) {
        const bool average = values.word("pool") == "average";
        value = builder.add(child(context, "pool"),
                            GlobalPool{.kind = average ? PoolKind::average : PoolKind::max},
                            {value});
    }
    if (values.integer("hidden") > 0) {
        value =
            builder.add(child(context, "hidden"), Linear{.out = values.integer("hidden")}, {value});
        value = add_activation(context, value, values.word("act"));
    }
    if (values.real("dropout") > 0.0)
        value = builder.add(
            child(context, "dropout"), Dropout{.rate = values.real("dropout")}, {value});
    return builder.add(child(context, "classify"), Linear{.out = classes}, {value});
}

}  // namespace

const std::vector<std::string>& activation_words() {
    static const std::vector<std::string> kWithNone = [] {
        std::vector<std::string> words{"none"};
        words.insert(words.end(), kWords<ActivationKind>.begin(), kWords<ActivationKind>.end());
        return words;
    }();
    return kWithNone;
}

const std::vector<std::string>& norm_words() {
    static const std::vector<std::string> kNorms{"none", "batch", "layer", "instance", "rms"};
    return kNorms;
}

ValueId add_activation(const EmitContext& context,
                       ValueId value,
                       const std::string& word,
                       const std::string& name) {
    if (word == "none")
        return value;
    // Behind "none" the words are in the order of the enumerators.
    const auto index = std::ranges::find(activation_words(), word) - activation_words().begin();
    return context.builder.add(
        child(context, name), Activation{static_cast<ActivationKind>(index - 1)}, {value});
}

ValueId add_norm(const EmitContext& context,
                 ValueId value,
                 const std::string& word,
                 const std::string& name) {
    if (word == "none")
        return value;
    constexpr std::array kKinds{
        NormKind::batch, NormKind::layer, NormKind::instance, NormKind::rms};
    const auto index = std::ranges::find(norm_words(), word) - norm_words().begin();
    return context.builder.add(
        child(context, name), Norm{.kind = kKinds[static_cast<std::size_t>(index - 1)]}, {value});
}

std::vector<LayerType> composite_layers() {
    const std::vector<std::string> pools{"average", "max"};
    return {
        {.name = "conv",
         .about = "a convolution, then `norm`, then `act`; out and groups may be `same`",
         .attributes = {{.name = "out", .low = 1},
                        {.name = "kernel", .otherwise = std::int64_t{3}, .low = 1, .high = 63},
                        {.name = "stride", .otherwise = std::int64_t{1}, .low = 1, .high = 63},
                        {.name = "padding", .otherwise = std::int64_t{-1}, .low = -1, .high = 63},
                        {.name = "dilation", .otherwise = std::int64_t{1}, .low = 1, .high = 63},
                        {.name = "groups", .otherwise = std::int64_t{1}, .low = 1},
                        {.name = "bias", .kind = Kind::boolean, .otherwise = false},
                        norm_attribute(),
                        act_attribute()},
         .emit = emit_conv},
        {.name = "mbconv",
         .about = "an inverted residual block; se_of says which channels the squeeze is a share of",
         .attributes =
             {{.name = "out", .low = 1},
              {.name = "kernel", .otherwise = std::int64_t{3}, .low = 1, .high = 63},
              {.name = "stride", .otherwise = std::int64_t{1}, .low = 1, .high = 63},
              {.name = "expand", .kind = Kind::real, .otherwise = 6.0, .low = 0.1, .high = 64},
              {.name = "se", .kind = Kind::boolean, .otherwise = false},
              {.name = "se_ratio", .kind = Kind::real, .otherwise = 0.25, .low = 0.01, .high = 1},
              {.name = "se_of",
               .kind = Kind::word,
               .otherwise = std::string("expanded"),
               .words = {"expanded", "input"}},
              {.name = "act",
               .kind = Kind::word,
               .otherwise = std::string("relu"),
               .words = activation_words()}},
         .emit = emit_mbconv},
        {.name = "squeeze_excite",
         .about = "scales each channel by what all of them say",
         .attributes =
             {{.name = "ratio", .kind = Kind::real, .otherwise = 0.25, .low = 0.01, .high = 1},
              {.name = "act",
               .kind = Kind::word,
               .otherwise = std::string("relu"),
               .words = activation_words()},
              {.name = "gate",
               .kind = Kind::word,
               .otherwise = std::string("sigmoid"),
               .words = {"sigmoid", "hsigmoid"}}},
         .emit = emit_squeeze_excite},
        {.name = "causal_conv",
         .about = "a convolution over the steps of a sequence that sees no later one, then `norm`, "
                  "then `act`",
         .attributes = {{.name = "out", .low = 1},
                        {.name = "kernel", .otherwise = std::int64_t{3}, .low = 1, .high = 1024},
                        {.name = "dilation", .otherwise = std::int64_t{1}, .low = 1, .high = 65536},
                        feature_norm_attribute(),
                        act_attribute()},
         .emit = emit_causal_conv},
        {.name = "graph_layer",
         .about =
             "message passing, fc or skip on a graph, then `norm`, then `act`; `from` names the "
             "features and the edges",
         .attributes =
             {{.name = "op",
               .kind = Kind::word,
               .words = {"gat", "gcn", "gin", "cheb", "sage", "arma", "graph", "fc", "skip"}},
              {.name = "out", .low = 1},
              feature_norm_attribute(),
              act_attribute()},
         .least_inputs = 2,
         .most_inputs = 2,
         .emit = emit_graph_layer},
        {.name = "head",
         .about = "the classifier: pool, a hidden layer if asked for, dropout, linear",
         .attributes =
             {{.name = "pool", .kind = Kind::word, .otherwise = pools.front(), .words = pools},
              {.name = "classes", .otherwise = std::int64_t{0}, .low = 0},
              {.name = "hidden", .otherwise = std::int64_t{0}, .low = 0},
              act_attribute(),
              {.name = "dropout", .kind = Kind::real, .otherwise = 0.0, .low = 0, .high = 0.99}},
         .emit = emit_head},
    };
}

}  // namespace parnas::spaces
