// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "core/error.h"
#include "core/json.h"

namespace parnas::rest {

struct SchemaNode;

// A JSON Schema (2020-12), ready to be asked. Const and thread-safe.
//
// As OpenAPI documents of ours use it: type, enum, const, anyOf, $ref; minimum, maximum,
// exclusiveMinimum; minLength, maxLength, pattern; items, minItems, maxItems, uniqueItems;
// properties, required, additionalProperties, propertyNames, minProperties, maxProperties; and
// default, title, description, example and examples, which restrict nothing. Two rules are
// stricter than the specification: an integer is written without a fraction, and a pattern stands
// beside a maxLength of at most 1,024, so that it costs little to look at.
class Schema {
  public:
    // Adds a fault with its JSON pointer for all that is wrong. `pointer`: of the value itself.
    void check(const Json& value, const std::string& pointer, Faults& faults) const;

    // A parameter's text as the value that it stands for: a number or a truth value if the schema
    // is of one and the text is one, otherwise the text.
    Json value_of(std::string_view text) const;

    // Null if there is none.
    const Json* default_value() const;

  private:
    friend class SchemaSet;
    explicit Schema(const SchemaNode& node) : node_(&node) {}

    const SchemaNode* node_;  // of the set
};

// The schemas of one document, each compiled once. They live as long as the set does.
class SchemaSet {
  public:
    SchemaSet();
    ~SchemaSet();

    // The schema at `pointer` of the document, which the set does not keep; the same document each
    // time. Throws Error(invalid_input) with the place of what is no schema, or has a keyword that
    // is not known here.
    Schema compile(const Json& document, const std::string& pointer);

  private:
    const SchemaNode& node_at(const Json& document, const std::string& pointer);
    const SchemaNode& referenced(const Json& document,
                                 const std::string& reference,
                                 const std::string& pointer);

    std::map<std::string, std::unique_ptr<SchemaNode>, std::less<>> nodes_;  // by pointer
};

}  // namespace parnas::rest
