// SPDX-License-Identifier: Apache-2.0
#include "evaluators/torch/supernet/weights/sort_widths.h"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "spaces/channel_groups.h"

namespace parnas::evaluators {
namespace {

using spaces::ChannelAxis;
using spaces::ChannelGroup;
using spaces::ChannelRole;

// An axis of a weight that has a group's channels.
struct Axis {
    at::Tensor tensor;
    std::int64_t dimension = 0;
    ChannelRole role = ChannelRole::out;
};

class WidthSorter {
  public:
    WidthSorter(const spaces::Network& supernet, Weights& weights) {
        for (const spaces::Node& node : supernet.nodes)
            if (std::holds_alternative<spaces::Embedding>(node.op))
                embeddings_.insert(node.name);
        for (const auto* list : {&weights.parameters(), &weights.statistics()})
            for (const NamedTensor& each : *list)
                tensors_.insert_or_assign(each.name, each.tensor);
    }

    void sort(const ChannelGroup& group) const {
        const std::optional<std::vector<Axis>> axes = find_axes(group);
        if (group.fixed || !axes)
            return;
        const at::Tensor order = at::argsort(importance(*axes, group.channels), true, 0, true);
        for (const Axis& axis : *axes)
            axis.tensor.copy_(axis.tensor.index_select(axis.dimension, order));
    }

  private:
    // Nothing if the group has weights of which nobody here knows where the channels are.
    std::optional<std::vector<Axis>> find_axes(const ChannelGroup& group) const {
        std::vector<Axis> axes;
        for (const ChannelAxis& each : group.axes) {
            const std::size_t before = axes.size();
            for (const std::string_view weight : weights_of(each.role)) {
                const auto found = tensors_.find(each.node + "." + std::string(weight));
                if (found == tensors_.end())
                    continue;
                const std::int64_t dimension = dimension_of(each);
                if (found->second.dim() <= dimension ||
                    found->second.size(dimension) != group.channels)
                    return std::nullopt;
                axes.push_back({found->second, dimension, each.role});
            }
            if (axes.size() == before && each.role != ChannelRole::norm)  // one without weights
                return std::nullopt;
        }
        return axes;
    }

    static std::vector<std::string_view> weights_of(ChannelRole role) {
        switch (role) {
            case ChannelRole::in:
                return {"weight"};
            case ChannelRole::norm:
                return {"weight", "bias", "running_mean", "running_var"};
            case ChannelRole::out:
            case ChannelRole::depthwise:
                break;
        }
        return {"weight", "bias"};
    }

    std::int64_t dimension_of(const ChannelAxis& axis) const {
        const bool second = axis.role == ChannelRole::in || embeddings_.contains(axis.node);
        return second ? 1 : 0;
    }

    // By what reads the channels, else by what writes them.
    static at::Tensor importance(const std::vector<Axis>& axes, std::int64_t channels) {
        for (const ChannelRole role : {ChannelRole::in, ChannelRole::out}) {
            at::Tensor sum;
            for (const Axis& axis : axes) {
                if (axis.role != role || axis.tensor.dim() < 2)
                    continue;
                const at::Tensor own =
                    axis.tensor.abs().transpose(0, axis.dimension).flatten(1).sum(1);
                sum = sum.defined() ? sum + own : own;
            }
            if (sum.defined())
                return sum;
        }
        return at::zeros({channels});
    }

    std::map<std::string, at::Tensor, std::less<>> tensors_;
    std::set<std::string, std::less<>> embeddings_;
};

}  // namespace

void sort_widths(const spaces::Network& supernet, Weights& weights) {
    const at::NoGradGuard no_grad;
    const WidthSorter sorter(supernet, weights);
    for (const ChannelGroup& group : spaces::channel_groups(supernet))
        sorter.sort(group);
}

}  // namespace parnas::evaluators
