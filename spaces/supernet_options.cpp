// SPDX-License-Identifier: Apache-2.0
#include "spaces/supernet_options.h"

#include <optional>
#include <utility>

#include <fmt/format.h>

#include "core/error.h"
#include "spaces/network_builder.h"
#include "spaces/overloaded.h"
#include "spaces/shapes.h"

namespace parnas::spaces {
namespace {

// Divides what an op says of channels by `parts`.
class Divider {
  public:
    Divider(const std::string& node, std::int64_t parts) : node_(&node), parts_(parts) {}

    void operator()(Conv& op) const {
        divide(op.out, "output channels");
        if (op.groups > 1)
            divide(op.groups, "groups");
    }
    void operator()(Norm& op) const {
        if (op.kind == NormKind::group && op.groups > 1)
            divide(op.groups, "groups");
    }
    void operator()(Slice& op) const {
        if (op.axis != 0)
            return;
        divide(op.start, "channels before the slice");
        divide(op.length, "channels of the slice");
    }
    void operator()(const Activation&) const {}
    void operator()(const Pool&) const {}
    void operator()(const GlobalPool&) const {}
    void operator()(const Add&) const {}
    void operator()(const Mix&) const {}
    void operator()(const Multiply&) const {}
    void operator()(const Concat&) const {}
    void operator()(const Resize&) const {}
    void operator()(const Pad&) const {}
    void operator()(const Identity&) const {}
    void operator()(const Zero&) const {}
    void operator()(const Dropout&) const {}
    template <typename Other>
    void operator()(const Other& op) const {
        refuse_node(*node_, fmt::format("{} has no channels that can be divided", op_name(Op(op))));
    }

  private:
    void divide(std::int64_t& number, const char* what) const {
        if (number % parts_ != 0)
            refuse_node(*node_,
                        fmt::format("{} {} cannot be divided into {}", number, what, parts_));
        number /= parts_;
    }

    const std::string* node_;
    std::int64_t parts_;
};

class Rewriter {
  public:
    Rewriter(const Network& network, const OptionChanges& changes)
        : network_(&network), changes_(changes), shapes_(infer_shapes(network)) {}

    Network run(std::span<const MixedRange> ranges) {
        for (const Input& input : network_->inputs)
            values_.push_back(builder_.add_input(input));
        std::size_t next = 0;
        for (const MixedRange& range : ranges) {
            copy(next, range.first);
            add_options(range);
            next = range.mix + 1;
        }
        copy(next, network_->nodes.size());
        for (const ValueId output : network_->outputs)
            builder_.add_output(value_of(output));
        Network result = builder_.take();
        result.symbols = network_->symbols;
        return result;
    }

  private:
    bool divides() const { return changes_.partial_channels > 1; }
    ValueId value_of(ValueId id) const { return values_[static_cast<std::size_t>(id)]; }
    const Shape& shape_of(ValueId id) const { return shapes_[static_cast<std::size_t>(id)]; }

    ValueId add(const Node& node, Op op, ValueId replaced = -1, ValueId by = -1) {
        std::vector<ValueId> inputs;
        for (const ValueId id : node.inputs)
            inputs.push_back(id == replaced ? by : value_of(id));
        return builder_.add(node.name, std::move(op), std::move(inputs));
    }

    void copy(std::size_t first, std::size_t last) {
        for (std::size_t i = first; i < last; ++i)
            values_.push_back(add(network_->nodes[i], network_->nodes[i].op));
    }

    // The options, which are the nodes before the mix, and the mix.
    void add_options(const MixedRange& range) {
        const std::string& name = network_->nodes[range.mix].name;
        ValueId input = value_of(range.input);
        if (divides()) {
            expect_divisible(range, name);
            input =
                builder_.add(name + ".part", Slice{.axis = 0, .length = part_of(range)}, {input});
        }
        for (std::size_t i = range.first; i <= range.mix; ++i) {
            const Node& node = network_->nodes[i];
            if (divides())
                expect_within(node, range);
            Op op = node.op;
            if (divides())
                std::visit(Divider(node.name, changes_.partial_channels), op);
            auto* norm = std::get_if<Norm>(&op);
            if (changes_.search_norms && norm != nullptr)
                norm->affine = false;
            ValueId value = add(node, op, range.input, input);
            if (changes_.search_norms && std::holds_alternative<Pool>(op))
                value = builder_.add(node.name + ".norm", Norm{.affine = false}, {value});
            values_.push_back(value);
        }
        if (divides())
            values_.back() = pass_the_rest(range, name);
    }

    std::int64_t part_of(const MixedRange& range) const {
        return shape_of(range.input)[0] / changes_.partial_channels;
    }

    void expect_divisible(const MixedRange& range, const std::string& name) const {
        const Shape& in = shape_of(range.input);
        const Shape& out = shape_of(network_->id_of(range.mix));
        if (in.size() != 3 || in[0] % changes_.partial_channels != 0)
            refuse_node(
                name,
                fmt::format("expected an image whose channels can be divided into {}, got {}",
                            changes_.partial_channels,
                            to_string(in)));
        if (out.size() != 3 || out[0] != in[0])
            refuse_node(
                name,
                fmt::format("with partial channels, options keep the number of channels; these "
                            "make {} of {}",
                            to_string(out),
                            to_string(in)));
    }

    void expect_within(const Node& node, const MixedRange& range) const {
        const ValueId first = network_->id_of(range.first);
        for (const ValueId id : node.inputs)
            if (id < first && id != range.input)
                refuse_node(node.name,
                            "with partial channels, an option reads nothing but its input");
    }

    // The other channels, at the size of the mix; then all, those of each part in turn.
    ValueId pass_the_rest(const MixedRange& range, const std::string& name) {
        const std::int64_t channels = shape_of(range.input)[0];
        const std::int64_t part = part_of(range);
        const Shape wanted = shape_of(network_->id_of(range.mix));
        ValueId rest = builder_.add(name + ".rest",
                                    Slice{.axis = 0, .start = part, .length = channels - part},
                                    {value_of(range.input)});
        const Shape have = builder_.shape(rest);
        if (have[1] != wanted[1] || have[2] != wanted[2])
            rest = builder_.add(name + ".rest.pool",
                                Pool{.kind = PoolKind::max, .padding = {have[1] % 2, have[2] % 2}},
                                {rest});
        ValueId all = builder_.add(name + ".concat", Concat{}, {values_.back(), rest});
        all =
            builder_.add(name + ".split",
                         Reshape{.shape = {changes_.partial_channels, part, wanted[1], wanted[2]}},
                         {all});
        all = builder_.add(name + ".swap", Transpose{.order = {1, 0, 2, 3}}, {all});
        return builder_.add(name + ".shuffle", Reshape{.shape = wanted}, {all});
    }

    const Network* network_;
    OptionChanges changes_;
    std::vector<Shape> shapes_;    // of the network as it was
    std::vector<ValueId> values_;  // by value of the network as it was: what stands for it now
    NetworkBuilder builder_;
};

}  // namespace

Network change_options(const Network& network,
                       std::span<const MixedRange> ranges,
                       const OptionChanges& changes) {
    return Rewriter(network, changes).run(ranges);
}

}  // namespace parnas::spaces
