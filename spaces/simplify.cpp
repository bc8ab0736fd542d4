// SPDX-License-Identifier: Apache-2.0
#include "spaces/simplify.h"

#include <algorithm>
#include <numeric>
#include <optional>
#include <utility>

#include "spaces/shapes.h"
#include "spaces/zeros.h"

namespace parnas::spaces {
namespace {

class Simplifier {
  public:
    explicit Simplifier(const Network& network)
        : network_(network), values_(network.inputs.size() + network.nodes.size()) {
        std::iota(values_.begin(), values_.end(), ValueId{0});
    }

    Network run() {
        track_zeros_ = has_zeros(network_);
        if (track_zeros_) {
            zero_.assign(values_.size(), false);
            for (const Input& input : network_.inputs)
                shapes_.emplace_back(input.shape);
        }
        for (std::size_t i = 0; i < network_.nodes.size(); ++i)
            short_cut(i);
        for (ValueId& output : network_.outputs)
            output = resolve(output);
        count_uses();
        for (std::size_t i = 0; i < network_.nodes.size(); ++i)
            merge_sums(i);
        return rest();
    }

  private:
    static std::size_t at(ValueId id) { return static_cast<std::size_t>(id); }
    ValueId resolve(ValueId id) const { return values_[at(id)]; }
    Node* node_of(ValueId id) {
        return at(id) < network_.inputs.size() ? nullptr
                                               : &network_.nodes[at(id) - network_.inputs.size()];
    }

    void short_cut(std::size_t index) {
        Node& node = network_.nodes[index];
        const ValueId self = network_.id_of(index);
        for (ValueId& input : node.inputs)
            input = resolve(input);
        if (track_zeros_)
            carry_zeros(node, self);
        const auto* dropout = std::get_if<Dropout>(&node.op);
        const bool nothing = std::holds_alternative<Identity>(node.op) ||
                             (dropout != nullptr && dropout->rate == 0.0) ||
                             (std::holds_alternative<Add>(node.op) && node.inputs.size() == 1);
        if (nothing)
            values_[at(self)] = node.inputs[0];
    }

    void carry_zeros(Node& node, ValueId self) {
        const auto is_zero = [&](ValueId id) { return bool{zero_[at(id)]}; };
        zero_[at(self)] = gives_zero(node, zero_);
        if (std::holds_alternative<Add>(node.op)) {
            if (is_zero(self))
                node.inputs.resize(1);
            else
                std::erase_if(node.inputs, is_zero);
        }
        shapes_.push_back(infer_known_shape(node, shapes_));
        if (is_zero(self) && shapes_.back())
            settle_zero(node, self);
    }

    // A zero depends on nothing but its shape.
    void settle_zero(Node& node, ValueId self) {
        const std::optional<ValueId> zero =
            first_like(self, [&](ValueId id) { return zero_[at(id)]; });
        if (zero) {
            values_[at(self)] = *zero;
            node.op = Zero{};
            node.inputs = {*zero};
            return;
        }
        const auto holds_reals = [&](ValueId id) {
            return at(id) >= network_.inputs.size() ||
                   network_.inputs[at(id)].dtype != DType::int64;
        };
        if (const auto like = first_like(self, holds_reals)) {
            node.op = Zero{};
            node.inputs = {*like};
        } else if (std::holds_alternative<Zero>(node.op)) {
            node.inputs = {first_like(node.inputs[0], holds_reals).value_or(node.inputs[0])};
        }
    }

    // The first value before `id` of its shape that is accepted.
    template <typename Accept>
    std::optional<ValueId> first_like(ValueId id, const Accept& accept) const {
        for (ValueId other = 0; other < id; ++other)
            if (shapes_[at(other)] == shapes_[at(id)] && accept(other))
                return resolve(other);
        return std::nullopt;
    }

    void count_uses() {
        uses_.assign(values_.size(), 0);
        is_output_.assign(values_.size(), false);
        for (const ValueId id : network_.outputs) {
            ++uses_[at(id)];
            is_output_[at(id)] = true;
        }
        for (std::size_t i = network_.nodes.size(); i-- > 0;)
            if (uses_[at(network_.id_of(i))] > 0)
                for (const ValueId id : network_.nodes[i].inputs)
                    ++uses_[at(id)];
    }

    void merge_sums(std::size_t index) {
        Node& node = network_.nodes[index];
        if (!std::holds_alternative<Add>(node.op) || uses_[at(network_.id_of(index))] == 0)
            return;
        std::vector<ValueId> terms;
        for (const ValueId id : node.inputs) {
            const Node* inner = node_of(id);
            const bool merges = inner != nullptr && std::holds_alternative<Add>(inner->op) &&
                                inner->precision == node.precision && uses_[at(id)] == 1 &&
                                !is_output_[at(id)];
            if (!merges) {
                terms.push_back(id);
                continue;
            }
            terms.insert(terms.end(), inner->inputs.begin(), inner->inputs.end());
            uses_[at(id)] = 0;
        }
        node.inputs = std::move(terms);
    }

    // The network of the nodes that are used.
    Network rest() {
        Network rest{.inputs = std::move(network_.inputs),
                     .nodes = {},
                     .outputs = std::move(network_.outputs),
                     .symbols = std::move(network_.symbols)};
        const std::size_t first = rest.inputs.size();
        std::iota(values_.begin(), values_.end(), ValueId{0});
        for (std::size_t i = 0; i < network_.nodes.size(); ++i) {
            if (uses_[first + i] == 0)
                continue;
            Node& node = network_.nodes[i];
            for (ValueId& input : node.inputs)
                input = resolve(input);
            values_[first + i] = rest.id_of(rest.nodes.size());
            rest.nodes.push_back(std::move(node));
        }
        for (ValueId& output : rest.outputs)
            output = resolve(output);
        return rest;
    }

    Network network_;
    std::vector<ValueId> values_;  // what each value is short-cut to
    bool track_zeros_ = false;
    std::vector<bool> zero_;                    // by value
    std::vector<std::optional<Shape>> shapes_;  // by value; only if zeros are tracked
    std::vector<std::size_t> uses_;             // by value; by nodes that are used
    std::vector<bool> is_output_;               // by value
};

}  // namespace

Network simplify(const Network& network) {
    return Simplifier(network).run();
}

}  // namespace parnas::spaces
