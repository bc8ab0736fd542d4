// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <iterator>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "core/error.h"
#include "spaces/custom_op.h"
#include "spaces/op_attributes.h"
#include "spaces/overloaded.h"
#include "spaces/shapes.h"

namespace parnas::spaces {
namespace {

using Shapes = std::span<const Shape>;

constexpr std::int64_t kMaxElements = std::int64_t{1} << 48;

template <typename... Args>
[[noreturn]] void fail(fmt::format_string<Args...> format, Args&&... args) {
    throw Error(ErrorKind::invalid_input, fmt::format(format, std::forward<Args>(args)...));
}

void expect_rank(const Shape& shape, std::size_t rank, std::string_view expected) {
    if (shape.size() != rank)
        fail("expected an input of shape {}, got {}", expected, to_string(shape));
}

void expect_axis(std::int64_t axis, const Shape& shape) {
    if (axis < 0 || axis >= std::ssize(shape))
        fail("there is no axis {} in the input of shape {}", axis, to_string(shape));
}

Dim known(Dim dim, std::string_view what) {
    if (dim < 0)
        fail("{} must be known", what);
    return dim;
}

// A window's positions along one direction. An unknown dimension is kept by windows that
// keep every known one.
struct Window {
    std::int64_t kernel = 1;
    std::int64_t stride = 1;
    std::int64_t padding = 0;
    std::int64_t dilation = 1;
};

Dim slide(Dim size, const Window& window) {
    const std::int64_t reach = window.dilation * (window.kernel - 1);
    if (size < 0) {
        if (window.stride == 1 && 2 * window.padding == reach)
            return size;
        fail("height and width must be known unless the op keeps them");
    }
    const std::int64_t room = size + 2 * window.padding - reach - 1;
    if (room < 0)
        fail("a kernel that spans {} does not fit into {} with padding {}",
             reach + 1,
             size,
             window.padding);
    return room / window.stride + 1;
}

Shape shape_of(const Conv& op, Shapes inputs) {
    const Shape& in = inputs[0];
    expect_rank(in, 3, "{channels, height, width}");
    if (known(in[0], "the number of channels") % op.groups != 0 || op.out % op.groups != 0)
        fail("{} groups divide neither all of {} input nor all of {} output channels",
             op.groups,
             in[0],
             op.out);
    Shape out{op.out, 0, 0};
    for (std::size_t i = 0; i < 2; ++i)
        out[i + 1] = slide(in[i + 1], {op.kernel[i], op.stride[i], op.padding[i], op.dilation[i]});
    return out;
}

Shape shape_of(const Linear& op, Shapes inputs) {
    Shape out = inputs[0];
    if (out.empty())
        fail("expected an input with features");
    known(out.back(), "the number of features");
    out.back() = op.out;
    return out;
}

Shape shape_of(const Norm& op, Shapes inputs) {
    const Shape& in = inputs[0];
    if (in.empty())
        fail("expected an input with channels or features");
    const bool over_features = op.kind == NormKind::layer || op.kind == NormKind::rms;
    const Dim size = over_features ? known(in.back(), "the number of features")
                                   : known(in.front(), "the number of channels");
    if (op.kind == NormKind::group && size % op.groups != 0)
        fail("{} groups do not divide {} channels", op.groups, size);
    return in;
}

Shape shape_of(const Pool& op, Shapes inputs) {
    const Shape& in = inputs[0];
    expect_rank(in, 3, "{channels, height, width}");
    Shape out = in;
    for (std::size_t i = 0; i < 2; ++i) {
        if (op.padding[i] > op.kernel[i] / 2)
            fail("padding {} is above half of the kernel {}", op.padding[i], op.kernel[i]);
        out[i + 1] = slide(in[i + 1], {op.kernel[i], op.stride[i], op.padding[i], 1});
    }
    return out;
}

Shape shape_of(const GlobalPool& op, Shapes inputs) {
    const Shape& in = inputs[0];
    if (in.size() < 2)
        fail("expected an input of shape {{channels, ...}}, got {}", to_string(in));
    Shape out{in[0]};
    if (op.keep_dims)
        out.resize(in.size(), 1);
    return out;
}

Shape shape_of_sum(Shapes inputs) {
    for (const Shape& each : inputs)
        if (each != inputs[0])
            fail("expected inputs of equal shape, got {} and {}",
                 to_string(inputs[0]),
                 to_string(each));
    return inputs[0];
}

Shape shape_of(const Add&, Shapes inputs) {
    return shape_of_sum(inputs);
}

Shape shape_of(const Mix&, Shapes inputs) {
    return shape_of_sum(inputs);
}

Shape shape_of(const Multiply&, Shapes inputs) {
    const bool fits = std::ranges::equal(
        inputs[0], inputs[1], [](Dim left, Dim right) { return left == right || right == 1; });
    if (!fits)
        fail("expected a second input of shape {} or with dimensions of 1, got {}",
             to_string(inputs[0]),
             to_string(inputs[1]));
    return inputs[0];
}

Shape shape_of(const Concat& op, Shapes inputs) {
    expect_axis(op.axis, inputs[0]);
    const auto axis = static_cast<std::size_t>(op.axis);
    Shape out = inputs[0];
    for (const Shape& each : inputs.subspan(1)) {
        Shape expected = out;
        if (each.size() == out.size())
            expected[axis] = each[axis];
        if (each != expected)
            fail("expected inputs that are equal but for axis {}, got {} and {}",
                 op.axis,
                 to_string(inputs[0]),
                 to_string(each));
        out[axis] = known(out[axis], "the dimension that is joined") +
                    known(each[axis], "the dimension that is joined");
    }
    return out;
}

Shape shape_of(const Slice& op, Shapes inputs) {
    expect_axis(op.axis, inputs[0]);
    Shape out = inputs[0];
    Dim& size = out[static_cast<std::size_t>(op.axis)];
    if (op.start + op.length > known(size, "the dimension that is cut"))
        fail("expected entries {} to {} within the {} of axis {}",
             op.start,
             op.start + op.length - 1,
             size,
             op.axis);
    size = op.length;
    return out;
}

// A number of elements: a factor that is known, and unknown dimensions.
struct Elements {
    std::int64_t factor = 1;   // at most kMaxElements + 1
    std::vector<Dim> symbols;  // sorted
};

Elements elements_of(const Shape& shape) {
    Elements elements;
    for (const Dim dim : shape) {
        if (dim < 0)
            elements.symbols.push_back(dim);
        else if (dim > 0)
            elements.factor =
                elements.factor > kMaxElements / dim ? kMaxElements + 1 : elements.factor * dim;
    }
    std::ranges::sort(elements.symbols);
    return elements;
}

Shape shape_of(const Reshape& op, Shapes inputs) {
    const Elements have = elements_of(inputs[0]);
    const Elements want = elements_of(op.shape);
    Elements rest;
    std::ranges::set_difference(have.symbols, want.symbols, std::back_inserter(rest.symbols));
    const bool symbols_fit = rest.symbols.size() + want.symbols.size() == have.symbols.size();
    const bool divides = have.factor % want.factor == 0;
    rest.factor = have.factor / want.factor;

    Shape out = op.shape;
    const auto open = std::ranges::count(out, 0);
    const bool fits =
        symbols_fit && divides && open <= 1 &&
        (open == 0 ? rest.symbols.empty() && rest.factor == 1
                   : rest.symbols.empty() || (rest.symbols.size() == 1 && rest.factor == 1));
    if (!fits)
        fail("the elements of {} do not make {}", to_string(inputs[0]), to_string(op.shape));
    std::ranges::replace(out, 0, rest.symbols.empty() ? rest.factor : rest.symbols.front());
    return out;
}

Shape shape_of(const Transpose& op, Shapes inputs) {
    const Shape& in = inputs[0];
    std::vector<std::int64_t> sorted = op.order;
    std::ranges::sort(sorted);
    bool permutation = sorted.size() == in.size();
    for (std::size_t i = 0; permutation && i < sorted.size(); ++i)
        permutation = std::cmp_equal(sorted[i], i);
    if (!permutation)
        fail("expected an order of the {} dimensions of {}", in.size(), to_string(in));
    Shape out;
    for (const std::int64_t from : op.order)
        out.push_back(in[static_cast<std::size_t>(from)]);
    return out;
}

Shape shape_of(const Resize& op, Shapes inputs) {
    expect_rank(inputs[0], 3, "{channels, height, width}");
    return {inputs[0][0], op.size[0], op.size[1]};
}

Shape shape_of(const Pad& op, Shapes inputs) {
    expect_rank(inputs[0], 3, "{channels, height, width}");
    Shape out = inputs[0];
    for (std::size_t i = 0; i < 2; ++i)
        if (op.before[i] + op.after[i] > 0)
            out[i + 1] = known(out[i + 1], "a padded dimension") + op.before[i] + op.after[i];
    return out;
}

Shape shape_of(const Softmax& op, Shapes inputs) {
    expect_axis(op.axis, inputs[0]);
    return inputs[0];
}

Shape shape_of(const Identity&, Shapes inputs) {
    return inputs[0];
}

Shape shape_of(const Activation&, Shapes inputs) {
    return inputs[0];
}

Shape shape_of(const Zero& op, Shapes inputs) {
    Shape out = inputs[0];
    if (op.stride == 1)
        return out;
    expect_rank(out, 3, "{channels, height, width}");
    for (std::size_t i = 1; i < 3; ++i)
        out[i] = (known(out[i], "height and width") + op.stride - 1) / op.stride;
    return out;
}

Shape shape_of(const Dropout& op, Shapes inputs) {
    if (!(op.rate >= 0.0 && op.rate < 1.0))
        fail("expected a rate in [0, 1), got {}", op.rate);
    return inputs[0];
}

Shape shape_of(const Embedding& op, Shapes inputs) {
    expect_rank(inputs[0], 1, "{length}");
    return {inputs[0][0], op.features};
}

// Kinds that take place i of the context for place i of the input.
bool compares_places(const Attention& op) {
    return op.kind == AttentionKind::local || (op.kind == AttentionKind::linear && op.causal);
}

Shape shape_of(const Attention& op, Shapes inputs) {
    for (const Shape& each : inputs)
        expect_rank(each, 2, "{length, features}");
    const Dim features = known(inputs[0][1], "the number of features");
    if (features % op.heads != 0)
        fail("{} heads do not divide {} features", op.heads, features);
    if (inputs.back()[1] != features)
        fail("expected a context of {} features, got {}", features, to_string(inputs.back()));
    if (op.kind == AttentionKind::local && op.window == 0)
        fail("local attention needs a window of 1 or more");
    if (op.kind != AttentionKind::local && op.window != 0)
        fail("{} attention has no window, got one of {}", word_of(op.kind), op.window);
    if (compares_places(op) && inputs.back()[0] != inputs[0][0])
        fail("{} attention compares places: expected a context as long as {}, got {}",
             op.kind == AttentionKind::local ? "local" : "causal linear",
             to_string(inputs[0]),
             to_string(inputs.back()));
    return inputs[0];
}

Shape shape_of(const Recurrent& op, Shapes inputs) {
    expect_rank(inputs[0], 2, "{length, features}");
    known(inputs[0][1], "the number of features");
    return {inputs[0][0], op.bidirectional ? 2 * op.hidden : op.hidden};
}

Shape shape_of(const MessagePassing& op, Shapes inputs) {
    expect_rank(inputs[0], 2, "{nodes, features}");
    known(inputs[0][1], "the number of features");
    expect_rank(inputs[1], 2, "{2, edges}");
    if (inputs[1][0] != 2)
        fail("expected edges of shape {{2, edges}}, got {}", to_string(inputs[1]));
    return {inputs[0][0], op.out};
}

Shape shape_of(const Custom& op, Shapes inputs) {
    const CustomOp& definition = definition_of(op);
    const auto [least, most] =
        std::pair(definition.layer.least_inputs, definition.layer.most_inputs);
    if (inputs.size() < least || inputs.size() > most)
        fail("{} takes {} to {} inputs, got {}", op.type, least, most, inputs.size());
    return definition.shape(op, inputs);
}

struct Arity {
    std::size_t least = 1;
    std::size_t most = 1;
};

Arity arity_of(const Op& op) {
    constexpr std::size_t any = std::numeric_limits<std::size_t>::max();
    return std::visit(Overloaded{
                          [](const Add&) {
                              return Arity{1, any};
                          },
                          [](const Concat&) {
                              return Arity{1, any};
                          },
                          [](const Custom&) {
                              return Arity{1, any};
                          },
                          [](const Mix&) {
                              return Arity{1, any};
                          },
                          [](const Multiply&) {
                              return Arity{2, 2};
                          },
                          [](const MessagePassing&) {
                              return Arity{2, 2};
                          },
                          [](const Attention&) {
                              return Arity{1, 2};
                          },
                          [](const auto&) {
                              return Arity{1, 1};
                          },
                      },
                      op);
}

void expect_arity(const Op& op, std::size_t found) {
    const Arity arity = arity_of(op);
    if (found >= arity.least && found <= arity.most)
        return;
    if (arity.least == arity.most)
        fail("{} takes {} input{}, got {}",
             op_name(op),
             arity.least,
             arity.least == 1 ? "" : "s",
             found);
    fail("{} takes {}{} inputs, got {}",
         op_name(op),
         arity.least,
         arity.most == 2 ? " or 2" : " or more",
         found);
}

template <typename Alternative>
void expect_limits(const Alternative& op) {
    visit_attributes(
        op, [](std::string_view name, const auto& field, const AttributeLimits& limits) {
            const auto expect = [&](std::int64_t value) {
                if (value < limits.low || value > limits.high)
                    fail("expected {} in [{}, {}], got {}", name, limits.low, limits.high, value);
            };
            using Field = std::remove_cvref_t<decltype(field)>;
            if constexpr (std::is_same_v<Field, std::int64_t>)
                expect(field);
            else if constexpr (std::is_same_v<Field, Extent>)
                std::ranges::for_each(field, expect);
        });
}

}  // namespace

void check_shape(const Shape& shape) {
    if (elements_of(shape).factor > kMaxElements)
        fail("a value of shape {} is too large", to_string(shape));
    for (const Dim dim : shape)
        if (dim == 0 || dim > kMaxDim)
            fail("expected dimensions in [1, {}], got {}", kMaxDim, to_string(shape));
}

Shape infer_shape(const Op& op, std::span<const Shape> inputs) {
    expect_arity(op, inputs.size());
    Shape out = std::visit(Overloaded{
                               [&](const Custom& custom) { return shape_of(custom, inputs); },
                               [&](const auto& each) {
                                   expect_limits(each);
                                   return shape_of(each, inputs);
                               },
                           },
                           op);
    check_shape(out);
    return out;
}

}  // namespace parnas::spaces
