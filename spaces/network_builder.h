// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <vector>

#include "spaces/network.h"

namespace parnas::spaces {

// Builds a network node by node and knows the shape of every value so far.
class NetworkBuilder {
  public:
    // Throws Error(invalid_input), its place the input's name, if the shape is too large.
    ValueId add_input(Input input);
    // Throws Error(invalid_input), its place `name`, if the op does not take these inputs.
    ValueId add(std::string name, Op op, std::vector<ValueId> inputs);
    const Shape& shape(ValueId value) const { return shapes_[static_cast<std::size_t>(value)]; }
    // The first dimension of an image, the last of everything else: what `out: same` keeps.
    std::int64_t channels(ValueId value) const;
    void add_output(ValueId value) { network_.outputs.push_back(value); }

    std::size_t node_count() const { return network_.nodes.size(); }
    // Takes back all nodes but the first `count`; no output may be among them.
    void rewind(std::size_t count);

    Network take() { return std::move(network_); }

  private:
    Network network_;
    std::vector<Shape> shapes_;
};

// Throws Error(invalid_input) at the node or block of this path.
[[noreturn]] void refuse_node(const std::string& path, std::string message);

}  // namespace parnas::spaces
