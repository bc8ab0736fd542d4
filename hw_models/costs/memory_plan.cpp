// SPDX-License-Identifier: Apache-2.0
#include "hw_models/costs/memory_plan.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <variant>

#include "spaces/dtype.h"

namespace parnas::hw_models {
namespace {

using spaces::Network;
using spaces::Node;
using spaces::Shape;

constexpr std::size_t kNone = static_cast<std::size_t>(-1);

// Products stop at a size that no machine has, and that can still be added up.
std::int64_t product(std::initializer_list<std::int64_t> factors) {
    constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max() >> 24;
    std::int64_t result = 1;
    for (const std::int64_t factor : factors)
        if (__builtin_mul_overflow(result, factor, &result) || result > kMost)
            return kMost;
    return result;
}

std::int64_t elements(const Shape& shape) {
    std::int64_t count = 1;
    for (const spaces::Dim dim : shape)
        count = product({count, std::max<spaces::Dim>(dim, 1)});
    return count;
}

bool is_view(const spaces::Op& op) {
    return std::holds_alternative<spaces::Identity>(op) ||
           std::holds_alternative<spaces::Dropout>(op) ||
           std::holds_alternative<spaces::Reshape>(op);
}

bool is_elementwise(const spaces::Op& op) {
    const auto* norm = std::get_if<spaces::Norm>(&op);
    return std::holds_alternative<spaces::Activation>(op) ||
           (norm != nullptr && norm->kind == spaces::NormKind::batch);
}

class Planner {
  public:
    Planner(const Network& network,
            const MemoryRules& rules,
            spaces::DType dtype,
            std::int64_t batch)
        : network_(network),
          rules_(rules),
          dtype_(dtype),
          first_(network.inputs.size()),
          shapes_(spaces::infer_shapes(network)),
          places_(shapes_.size()) {
        std::iota(places_.begin(), places_.end(), std::size_t{0});
        bytes_.reserve(shapes_.size());
        for (std::size_t value = 0; value < shapes_.size(); ++value)
            bytes_.push_back(product({elements(shapes_[value]), width_of(value), batch}));
    }

    MemoryPlan plan() {
        find_views();
        if (rules_.concat_in_place)
            place_concatenations();
        if (rules_.in_place)
            place_elementwise();
        return lay_out();
    }

  private:
    std::int64_t width_of(std::size_t value) const {
        const spaces::DType type = value < first_ ? network_.inputs[value].dtype
                                                  : network_.nodes[value - first_].precision;
        if (type == spaces::DType::int64)  // indices
            return spaces::byte_size(type);
        return std::min(spaces::byte_size(type), spaces::byte_size(dtype_));
    }

    // The value whose memory a value lies in.
    std::size_t place_of(std::size_t value) const {
        while (places_[value] != value)
            value = places_[value];
        return value;
    }

    // The value that an input of a node is or views.
    std::size_t read_by(const Node& node, std::size_t index) const {
        return sources_[static_cast<std::size_t>(node.inputs[index])];
    }

    // Sources of values, and how often each is read: an output once more, at the end.
    void find_views() {
        sources_ = places_;
        for (std::size_t i = 0; i < network_.nodes.size(); ++i)
            if (is_view(network_.nodes[i].op))
                places_[first_ + i] = sources_[first_ + i] = read_by(network_.nodes[i], 0);
        readers_.assign(places_.size(), 0);
        for (const Node& node : network_.nodes)
            if (!is_view(node.op))
                for (std::size_t k = 0; k < node.inputs.size(); ++k)
                    ++readers_[read_by(node, k)];
        for (const spaces::ValueId id : network_.outputs)
            ++readers_[sources_[static_cast<std::size_t>(id)]];
    }

    // Concatenations whose parts others read too may not be written over.
    void place_concatenations() {
        shared_.assign(places_.size(), false);
        for (std::size_t i = 0; i < network_.nodes.size(); ++i) {
            const Node& node = network_.nodes[i];
            if (!std::holds_alternative<spaces::Concat>(node.op))
                continue;
            const std::size_t whole = first_ + i;
            for (std::size_t k = 0; k < node.inputs.size(); ++k) {
                const std::size_t part = read_by(node, k);
                // Inputs belong to the caller; what lies in a concatenation stays there.
                if (part < first_ || places_[part] != part || width_of(part) != width_of(whole))
                    continue;
                places_[part] = whole;
                shared_[whole] = shared_[whole] || shared_[part] || readers_[part] > 1;
            }
        }
    }

    void place_elementwise() {
        for (std::size_t i = 0; i < network_.nodes.size(); ++i) {
            const std::size_t made = first_ + i;
            if (!is_elementwise(network_.nodes[i].op))
                continue;
            const std::size_t read = read_by(network_.nodes[i], 0);
            if (read < first_ || readers_[read] != 1 || bytes_[read] != bytes_[made] ||
                (!shared_.empty() && shared_[read]))
                continue;
            if (places_[made] == made)
                places_[made] = read;
            else  // a part of a concatenation: so is what it writes over
                places_[place_of(read)] = made;
        }
    }

    MemoryPlan lay_out() const {
        MemoryPlan plan;
        std::vector<std::size_t> buffers(places_.size(), kNone);
        for (std::size_t value = 0; value < places_.size(); ++value)
            if (places_[value] == value) {
                buffers[value] = plan.buffers.size();
                plan.buffers.push_back({.bytes = bytes_[value], .given = value < first_});
            }
        const auto buffer_of = [&](std::size_t value) { return buffers[place_of(value)]; };
        const auto add_once = [](std::vector<std::size_t>& list, std::size_t entry) {
            if (std::ranges::find(list, entry) == list.end())
                list.push_back(entry);
        };
        for (std::size_t i = 0; i < network_.nodes.size(); ++i) {
            const Node& node = network_.nodes[i];
            MemoryPlan::Step step{.workspace_bytes = workspace_of(i)};
            for (const spaces::ValueId id : node.inputs) {
                const auto value = static_cast<std::size_t>(id);
                const std::size_t buffer = buffer_of(value);
                add_once(plan.buffers[buffer].readers, i);
                add_once(step.touches, buffer);
                if (value >= first_)
                    add_once(step.after, value - first_);
            }
            const std::size_t made = buffer_of(first_ + i);
            plan.buffers[made].writers.push_back(i);
            add_once(step.touches, made);
            plan.steps.push_back(std::move(step));
        }
        for (const spaces::ValueId id : network_.outputs)
            plan.buffers[buffer_of(static_cast<std::size_t>(id))].kept = true;
        return plan;
    }

    std::int64_t workspace_of(std::size_t index) const {
        const Node& node = network_.nodes[index];
        const auto* conv = std::get_if<spaces::Conv>(&node.op);
        if (rules_.workspace == Workspace::none || conv == nullptr)
            return 0;
        constexpr spaces::Extent kOne{1, 1};
        constexpr spaces::Extent kZero{0, 0};
        if (conv->kernel == kOne && conv->stride == kOne && conv->padding == kZero)
            return 0;
        const auto input = static_cast<std::size_t>(node.inputs[0]);
        const Shape& out = shapes_[first_ + index];
        return product({shapes_[input][0],
                        conv->kernel[0],
                        conv->kernel[1],
                        std::max<spaces::Dim>(out[1], 1),
                        std::max<spaces::Dim>(out[2], 1),
                        width_of(input)});
    }

    const Network& network_;
    const MemoryRules& rules_;
    spaces::DType dtype_;
    std::size_t first_;  // value of the first node
    std::vector<Shape> shapes_;
    std::vector<std::int64_t> bytes_;  // by value
    // By value:
    std::vector<std::size_t> places_;   // where it lies; itself if in memory of its own
    std::vector<std::size_t> sources_;  // itself, or what it is a view of
    std::vector<std::size_t> readers_;
    std::vector<bool> shared_;  // of a concatenation in place
};

}  // namespace

MemoryPlan plan_memory(const Network& network,
                       const MemoryRules& rules,
                       spaces::DType dtype,
                       std::int64_t batch) {
    return Planner(network, rules, dtype, batch).plan();
}

}  // namespace parnas::hw_models
