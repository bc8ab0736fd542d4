// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/scalar.h"
#include "spaces/network_builder.h"

namespace parnas::spaces {

enum class AttributeKind { integer, real, boolean, word };

// One attribute of a layer, as documents may set it.
struct AttributeType {
    std::string name;
    AttributeKind kind = AttributeKind::integer;
    Scalar otherwise;  // the default; null: it must be given
    double low = 0.0;  // of a number, both included
    double high = 1e9;
    std::vector<std::string> words;  // of a word
};

// Whether a value may stand there, and what may, in words: "an integer from 1 to 63".
bool fits(const AttributeType& type, const Scalar& value);
std::string expectation(const AttributeType& type);

// The values of a layer's attributes, checked against their types.
class AttributeValues {
  public:
    AttributeValues(std::span<const AttributeType> types, std::span<const Scalar> values)
        : types_(types), values_(values) {}

    std::int64_t integer(std::string_view name) const;
    double real(std::string_view name) const;
    bool boolean(std::string_view name) const;
    const std::string& word(std::string_view name) const;

  private:
    const Scalar& find(std::string_view name) const;

    std::span<const AttributeType> types_;
    std::span<const Scalar> values_;
};

// Where a layer adds its nodes; their names begin with `path`.
struct EmitContext {
    NetworkBuilder& builder;
    const std::string& path;
    std::span<const ValueId> inputs;
    std::int64_t classes;  // of the document's `output`; 0 if it says nothing
};

// What a document may write as a layer: one op, or a fixed arrangement of several.
struct LayerType {
    std::string name;
    std::string about;
    std::vector<AttributeType>
        attributes;  // the first takes the value of the short form, act: relu
    std::size_t least_inputs = 1;
    std::size_t most_inputs = 1;
    // Adds the nodes and returns the layer's value.
    ValueId (*emit)(const EmitContext&, const AttributeValues&) = nullptr;
};

// Every layer, by name; made once, thread-safe.
const std::map<std::string, LayerType, std::less<>>& layer_types();

}  // namespace parnas::spaces
