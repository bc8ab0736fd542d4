// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "core/json.h"
#include "core/object_reader.h"
#include "core/registry.h"
#include "spaces/layer_type.h"
#include "spaces/network.h"

namespace parnas::spaces {

// What an op computes and learns, for one sample (spaces/count.h).
struct CustomWork {
    std::int64_t multiply_adds = 0;
    std::int64_t parameters = 0;
    // Activations, in values; nothing: each input and the output once.
    std::optional<std::int64_t> values_read;
    std::optional<std::int64_t> values_written;
};

// An op that somebody else brings, which networks and documents use like those that are built in.
// Immutable; the functions are thread-safe and throw Error(invalid_input) for what the op does not
// take.
struct CustomOp {
    LayerType layer;  // its name, "swish@1", is the op's type; `emit` is not used
    // A dimension that is not known, which is negative, is one of the inputs'.
    std::function<Shape(const Custom&, std::span<const Shape>)> shape;
    // All dimensions are known.
    std::function<CustomWork(const Custom&, std::span<const Shape>)> work;
    // What the code that brings the op has under this name for those who run it; null: nothing.
    std::function<void*(const char* name)> symbol = [](const char*) { return nullptr; };
};
using OpRegistry = Registry<std::shared_ptr<const CustomOp>>;
// Asked for ops that are not built in, when the first one is found. May be empty.
using OpSource = std::function<std::shared_ptr<const OpRegistry>()>;

// Throws Error(invalid_input), which names the op, if nobody here knows it.
const CustomOp& definition_of(const Custom& op);

// The op with these values, one for each attribute of its layer. Equal values give equal text.
Custom make_custom(std::shared_ptr<const CustomOp> definition, std::span<const Scalar> values);

// The same from an object of attributes by name; those that are left out have their defaults.
Custom read_custom(std::shared_ptr<const CustomOp> definition, ObjectReader& attributes);

}  // namespace parnas::spaces
