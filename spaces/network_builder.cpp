// SPDX-License-Identifier: Apache-2.0
#include "spaces/network_builder.h"

#include <utility>

#include "core/error.h"
#include "spaces/shapes.h"

namespace parnas::spaces {

ValueId NetworkBuilder::add_input(Input input) {
    check(network_.nodes.empty(), "inputs come before nodes");
    try {
        check_shape(input.shape);
    } catch (const Error& error) {
        throw Error(error.kind(), error.what(), "input." + input.name);
    }
    shapes_.push_back(input.shape);
    network_.inputs.push_back(std::move(input));
    return static_cast<ValueId>(shapes_.size() - 1);
}

ValueId NetworkBuilder::add(std::string name, Op op, std::vector<ValueId> inputs) {
    std::vector<Shape> input_shapes;
    input_shapes.reserve(inputs.size());
    for (const ValueId input : inputs)
        input_shapes.push_back(shape(input));
    try {
        shapes_.push_back(infer_shape(op, input_shapes));
    } catch (const Error& error) {
        throw Error(error.kind(), error.what(), name);
    }
    network_.nodes.push_back(
        {.name = std::move(name), .op = std::move(op), .inputs = std::move(inputs)});
    return static_cast<ValueId>(shapes_.size() - 1);
}

void NetworkBuilder::rewind(std::size_t count) {
    network_.nodes.resize(count);
    shapes_.resize(network_.inputs.size() + count);
}

std::int64_t NetworkBuilder::channels(ValueId value) const {
    const Shape& dims = shape(value);
    check(!dims.empty(), "a value without dimensions");
    return dims.size() == 3 ? dims.front() : dims.back();
}

void refuse_node(const std::string& path, std::string message) {
    throw Error(ErrorKind::invalid_input, std::move(message), path);
}

}  // namespace parnas::spaces
