// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/json.h"
#include "core/object_reader.h"
#include "spaces/layer_type.h"

namespace parnas::plugin {

// A layer with arithmetic of its own.
struct OperatorOffer {
    spaces::LayerType layer;
    // What it can be tried on: attributes as JSON text, and the inputs' shapes; may be empty.
    std::string example_attributes = "{}";
    std::vector<spaces::Shape> example_inputs;
};

// Reads an entry of `operators` but for its name, which `name` is.
OperatorOffer read_operator(ObjectReader& part, std::string name);

// A list of 1 to 8 dimensions. What is none is a fault, and gives an empty list.
spaces::Shape read_shape(const Json& json, const std::string& pointer, Faults& faults);

}  // namespace parnas::plugin
