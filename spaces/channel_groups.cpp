// SPDX-License-Identifier: Apache-2.0
#include "spaces/channel_groups.h"

#include <map>
#include <optional>
#include <utility>

#include "spaces/shapes.h"

namespace parnas::spaces {
namespace {

std::size_t channel_axis(const Shape& shape) {
    return shape.size() == 3 || shape.empty() ? 0 : shape.size() - 1;
}

Dim channels_of(const Shape& shape) {
    return shape.empty() ? 1 : shape[channel_axis(shape)];
}

// A disjoint set of values whose channels are tied.
class Grouper {
  public:
    explicit Grouper(const Network& network) : network_(&network), shapes_(infer_shapes(network)) {}

    std::vector<ChannelGroup> run() {
        for (std::size_t i = 0; i < network_->inputs.size(); ++i) {
            of_value_.push_back(begin(channels_of(shapes_[i])));
            fix(of_value_.back());
        }
        for (std::size_t i = 0; i < network_->nodes.size(); ++i) {
            node_ = &network_->nodes[i];
            out_ = &shapes_[static_cast<std::size_t>(network_->id_of(i))];
            of_value_.push_back(
                std::visit([&](const auto& op) { return group_of(op); }, node_->op));
        }
        for (const ValueId output : network_->outputs)
            fix(find(of_value_[static_cast<std::size_t>(output)]));
        return groups();
    }

  private:
    struct Group {
        std::size_t parent;
        Dim channels;
        bool fixed;
    };
    struct Axis {
        std::size_t group;
        ChannelAxis axis;
    };

    std::size_t begin(Dim channels) {
        groups_.push_back({groups_.size(), channels, false});
        return groups_.size() - 1;
    }

    std::size_t find(std::size_t group) const {
        while (groups_[group].parent != group)
            group = groups_[group].parent;
        return group;
    }

    void fix(std::size_t group) { groups_[find(group)].fixed = true; }

    void tie(std::size_t left, std::size_t right) {
        left = find(left);
        right = find(right);
        groups_[left].fixed = groups_[left].fixed || groups_[right].fixed;
        groups_[right].parent = left;
    }

    std::size_t input(std::size_t index = 0) const {
        return find(of_value_[static_cast<std::size_t>(node_->inputs[index])]);
    }
    const Shape& input_shape(std::size_t index = 0) const {
        return shapes_[static_cast<std::size_t>(node_->inputs[index])];
    }

    void add_axis(std::size_t group, ChannelRole role) {
        axes_.push_back({group, {.node = node_->name, .role = role}});
    }

    // The input's channels end here and the node's own begin.
    std::size_t map_channels() {
        add_axis(input(), ChannelRole::in);
        const std::size_t group = begin(channels_of(*out_));
        add_axis(group, ChannelRole::out);
        return group;
    }

    // All inputs keep their order, and so does what comes out.
    std::size_t fix_all() {
        for (std::size_t i = 0; i < node_->inputs.size(); ++i)
            fix(input(i));
        const std::size_t group = begin(channels_of(*out_));
        fix(group);
        return group;
    }

    std::size_t tie_all() {
        for (std::size_t i = 1; i < node_->inputs.size(); ++i)
            tie(input(), input(i));
        return input();
    }

    std::size_t group_of(const Conv& op) {
        if (op.groups == 1)
            return map_channels();
        if (op.groups == input_shape()[0] && op.out == op.groups) {
            add_axis(input(), ChannelRole::depthwise);
            return input();
        }
        fix(input());
        const std::size_t group = map_channels();
        fix(group);
        return group;
    }
    std::size_t group_of(const Linear&) {
        return input_shape().size() == 3 ? fix_all() : map_channels();
    }
    std::size_t group_of(const Norm& op) {
        const Shape& shape = input_shape();
        const bool last = op.kind == NormKind::layer || op.kind == NormKind::rms;
        const std::size_t axis = last ? shape.size() - 1 : 0;
        if (op.kind == NormKind::group)
            fix(input());
        if (axis == channel_axis(shape))
            add_axis(input(), ChannelRole::norm);
        return input();
    }
    std::size_t group_of(const GlobalPool&) {
        return channel_axis(input_shape()) == 0 ? input() : fix_all();
    }
    std::size_t group_of(const Add&) { return tie_all(); }
    std::size_t group_of(const Mix&) { return tie_all(); }
    std::size_t group_of(const Multiply&) {
        if (channels_of(input_shape(0)) == channels_of(input_shape(1)))
            return tie_all();
        fix(input(1));  // one factor for all channels
        return input();
    }
    std::size_t group_of(const Slice& op) {
        return std::cmp_equal(op.axis, channel_axis(input_shape())) ? fix_all() : input();
    }
    std::size_t group_of(const Concat& op) {
        return std::cmp_equal(op.axis, channel_axis(input_shape())) ? fix_all() : tie_all();
    }
    // An image of one pixel per channel becomes a vector.
    std::size_t group_of(const Reshape&) {
        const Shape& in = input_shape();
        const bool squeezes = in.size() == 3 && *out_ == Shape{in[0]};
        return squeezes || *out_ == in ? input() : fix_all();
    }
    std::size_t group_of(const Transpose&) { return fix_all(); }
    std::size_t group_of(const Embedding&) {
        const std::size_t group = begin(channels_of(*out_));
        add_axis(group, ChannelRole::out);
        return group;
    }
    std::size_t group_of(const Attention&) { return fix_all(); }
    std::size_t group_of(const Recurrent&) {
        add_axis(input(), ChannelRole::in);
        const std::size_t group = begin(channels_of(*out_));
        fix(group);
        return group;
    }
    std::size_t group_of(const MessagePassing&) {
        fix(input(1));
        return map_channels();
    }
    std::size_t group_of(const Custom&) { return fix_all(); }
    template <typename EachChannelAlike>  // Activation, Pool, Pad, Resize, Identity, ...
    std::size_t group_of(const EachChannelAlike&) {
        return input();
    }

    std::vector<ChannelGroup> groups() const {
        std::vector<ChannelGroup> result;
        std::map<std::size_t, std::size_t> index;  // of a root in the result
        for (const Axis& each : axes_) {
            const std::size_t root = find(each.group);
            const auto [found, is_new] = index.emplace(root, result.size());
            if (is_new)
                result.push_back(
                    {.channels = groups_[root].channels, .fixed = groups_[root].fixed, .axes = {}});
            result[found->second].axes.push_back(each.axis);
        }
        return result;
    }

    const Network* network_;
    std::vector<Shape> shapes_;          // by value
    std::vector<std::size_t> of_value_;  // by value: a member of its group
    std::vector<Group> groups_;
    std::vector<Axis> axes_;
    const Node* node_ = nullptr;  // the one that is looked at
    const Shape* out_ = nullptr;
};

}  // namespace

std::vector<ChannelGroup> channel_groups(const Network& network) {
    return Grouper(network).run();
}

}  // namespace parnas::spaces
