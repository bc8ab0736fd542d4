// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "core/error.h"
#include "spaces/layer_library.h"
#include "spaces/op_attributes.h"

namespace parnas::spaces {
namespace {

using Kind = AttributeKind;

ValueId add_one(const EmitContext& context, Op op) {
    return context.builder.add(
        context.path, std::move(op), {context.inputs.begin(), context.inputs.end()});
}

template <typename Enum>
Enum enumerator(const std::string& word) {
    const auto found = std::ranges::find(kWords<Enum>, word);
    check(found != kWords<Enum>.end(), "a word that its attribute does not have");
    return static_cast<Enum>(found - kWords<Enum>.begin());
}

template <typename Enum>
std::vector<std::string> words() {
    return {kWords<Enum>.begin(), kWords<Enum>.end()};
}

AttributeType integer(std::string name, Scalar otherwise, double low, double high = 1e9) {
    return {std::move(name), Kind::integer, std::move(otherwise), low, high, {}};
}
AttributeType boolean(std::string name, bool otherwise) {
    return {std::move(name), Kind::boolean, otherwise, 0, 0, {}};
}
AttributeType word(std::string name, const std::vector<std::string>& words) {
    return {std::move(name), Kind::word, words.front(), 0, 0, words};
}

const Scalar kNeeded;  // no default

ValueId emit_pool(const EmitContext& context, const AttributeValues& values) {
    const std::int64_t kernel = values.integer("kernel");
    const std::int64_t stride = values.integer("stride") == 0 ? kernel : values.integer("stride");
    const std::int64_t padding = values.integer("padding");
    return add_one(context,
                   Pool{.kind = enumerator<PoolKind>(values.word("pool")),
                        .kernel = {kernel, kernel},
                        .stride = {stride, stride},
                        .padding = {padding, padding},
                        .count_padding = values.boolean("count_padding")});
}

ValueId emit_flatten(const EmitContext& context, const AttributeValues&) {
    return add_one(context, Reshape{.shape = {0}});
}

ValueId emit_resize(const EmitContext& context, const AttributeValues& values) {
    const Shape& shape = context.builder.shape(context.inputs[0]);
    if (shape.size() != 3)
        throw Error(ErrorKind::invalid_input, "resize needs an image", context.path);
    if (shape[1] < 0 || shape[2] < 0)
        throw Error(ErrorKind::invalid_input, "height and width must be known", context.path);
    const auto scaled = [&](Dim size) {
        return std::max<std::int64_t>(
            1, static_cast<std::int64_t>(static_cast<double>(size) * values.real("scale")));
    };
    return add_one(context,
                   Resize{.size = {scaled(shape[1]), scaled(shape[2])},
                          .mode = enumerator<ResizeMode>(values.word("mode"))});
}

ValueId emit_slice(const EmitContext& context, const AttributeValues& values) {
    const Shape& shape = context.builder.shape(context.inputs[0]);
    const std::int64_t axis = values.integer("axis");
    const std::int64_t start = values.integer("start");
    std::int64_t length = values.integer("length");
    if (length == 0 && static_cast<std::size_t>(axis) < shape.size())
        length = shape[static_cast<std::size_t>(axis)] - start;
    return add_one(context, Slice{.axis = axis, .start = start, .length = length});
}

// A window that no local attention reads makes no other network.
ValueId emit_attention(const EmitContext& context, const AttributeValues& values) {
    const auto kind = enumerator<AttentionKind>(values.word("kind"));
    return add_one(
        context,
        Attention{.heads = values.integer("heads"),
                  .causal = values.boolean("causal"),
                  .kind = kind,
                  .window = kind == AttentionKind::local ? values.integer("window") : 0});
}

ValueId emit_pad(const EmitContext& context, const AttributeValues& values) {
    const std::int64_t size = values.integer("size");
    return add_one(context, Pad{.before = {size, size}, .after = {size, size}});
}

}  // namespace

std::vector<LayerType> basic_layers() {
    return {
        {.name = "linear",
         .about = "a linear map of the last dimension",
         .attributes = {integer("out", kNeeded, 1), boolean("bias", true)},
         .emit =
             [](const EmitContext& c, const AttributeValues& v) {
                 return add_one(c, Linear{.out = v.integer("out"), .bias = v.boolean("bias")});
             }},
        {.name = "norm",
         .about = "normalisation",
         .attributes = {word("norm", norm_words())},
         .emit = [](const EmitContext& c,
                    const AttributeValues& v) { return add_norm(c, c.inputs[0], v.word("norm")); }},
        {.name = "act",
         .about = "an activation function",
         .attributes = {word("act", activation_words())},
         .emit =
             [](const EmitContext& c, const AttributeValues& v) {
                 return add_activation(c, c.inputs[0], v.word("act"));
             }},
        {.name = "pool",
         .about = "pooling; stride 0 means the kernel's size",
         .attributes = {word("pool", words<PoolKind>()),
                        integer("kernel", std::int64_t{2}, 1, 1024),
                        integer("stride", std::int64_t{0}, 0, 1024),
                        integer("padding", std::int64_t{0}, 0, 512),
                        boolean("count_padding", false)},
         .emit = emit_pool},
        {.name = "global_pool",
         .about = "one value per channel",
         .attributes = {word("pool", words<PoolKind>()), boolean("keep_dims", false)},
         .emit =
             [](const EmitContext& c, const AttributeValues& v) {
                 return add_one(c,
                                GlobalPool{.kind = enumerator<PoolKind>(v.word("pool")),
                                           .keep_dims = v.boolean("keep_dims")});
             }},
        {.name = "identity",
         .about = "what comes in; with `project`, a 1x1 convolution where the blocks beside it "
                  "change the shape",
         .attributes = {boolean("project", false)},
         .emit = [](const EmitContext& c,
                    const AttributeValues&) { return add_one(c, Identity{}); }},
        {.name = "zero",
         .about = "zeros: no connection",
         .attributes = {integer("stride", std::int64_t{1}, 1, 64)},
         .emit =
             [](const EmitContext& c, const AttributeValues& v) {
                 return add_one(c, Zero{.stride = v.integer("stride")});
             }},
        {.name = "dropout",
         .about = "zeroes a share of the values in training",
         .attributes = {{.name = "rate", .kind = Kind::real, .low = 0.0, .high = 0.99}},
         .emit =
             [](const EmitContext& c, const AttributeValues& v) {
                 return add_one(c, Dropout{.rate = v.real("rate")});
             }},
        {.name = "flatten", .about = "all dimensions as one", .emit = emit_flatten},
        {.name = "softmax",
         .about = "softmax over a dimension",
         .attributes = {integer("axis", std::int64_t{0}, 0, 8)},
         .emit =
             [](const EmitContext& c, const AttributeValues& v) {
                 return add_one(c, Softmax{.axis = v.integer("axis")});
             }},
        {.name = "slice",
         .about = "`length` entries from `start` of a dimension; length 0: to its end",
         .attributes = {integer("axis", std::int64_t{0}, 0, 8),
                        integer("start", std::int64_t{0}, 0),
                        integer("length", std::int64_t{0}, 0)},
         .emit = emit_slice},
        {.name = "resize",
         .about = "an image scaled in height and width",
         .attributes = {{.name = "scale", .kind = Kind::real, .low = 0.01, .high = 64.0},
                        word("mode", words<ResizeMode>())},
         .emit = emit_resize},
        {.name = "pad",
         .about = "zeros around an image",
         .attributes = {integer("size", kNeeded, 0, 512)},
         .emit = emit_pad},
        {.name = "embedding",
         .about = "a learned vector per token",
         .attributes = {integer("count", kNeeded, 1), integer("features", kNeeded, 1)},
         .emit =
             [](const EmitContext& c, const AttributeValues& v) {
                 return add_one(
                     c, Embedding{.count = v.integer("count"), .features = v.integer("features")});
             }},
        {.name = "attention",
         .about = "multi-head attention; a second `from` is the context; `window` is how many "
                  "positions each one sees of a local one",
         .attributes = {integer("heads", std::int64_t{1}, 1, 1024),
                        boolean("causal", false),
                        word("kind", words<AttentionKind>()),
                        integer("window", std::int64_t{0}, 0)},
         .most_inputs = 2,
         .emit = emit_attention},
        {.name = "recurrent",
         .about = "an LSTM or GRU over a sequence",
         .attributes = {word("recurrent", words<RecurrentKind>()),
                        integer("hidden", kNeeded, 1),
                        boolean("bidirectional", false)},
         .emit =
             [](const EmitContext& c, const AttributeValues& v) {
                 return add_one(c,
                                Recurrent{.kind = enumerator<RecurrentKind>(v.word("recurrent")),
                                          .hidden = v.integer("hidden"),
                                          .bidirectional = v.boolean("bidirectional")});
             }},
        {.name = "message_passing",
         .about = "one round on a graph; `from` names the features and the edges",
         .attributes = {word("message_passing", words<MessageKind>()), integer("out", kNeeded, 1)},
         .least_inputs = 2,
         .most_inputs = 2,
         .emit =
             [](const EmitContext& c, const AttributeValues& v) {
                 return add_one(
                     c,
                     MessagePassing{.kind = enumerator<MessageKind>(v.word("message_passing")),
                                    .out = v.integer("out")});
             }},
        {.name = "add",
         .about = "the sum of what `from` names",
         .most_inputs = 64,
         .emit = [](const EmitContext& c, const AttributeValues&) { return add_one(c, Add{}); }},
        {.name = "multiply",
         .about = "the product of the two that `from` names",
         .least_inputs = 2,
         .most_inputs = 2,
         .emit = [](const EmitContext& c,
                    const AttributeValues&) { return add_one(c, Multiply{}); }},
        {.name = "concat",
         .about = "what `from` names, one after the other along a dimension",
         .attributes = {integer("axis", std::int64_t{0}, 0, 8)},
         .most_inputs = 64,
         .emit =
             [](const EmitContext& c, const AttributeValues& v) {
                 return add_one(c, Concat{.axis = v.integer("axis")});
             }},
    };
}

}  // namespace parnas::spaces
