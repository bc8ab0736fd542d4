// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/scalar.h"
#include "spaces/param.h"

namespace parnas::spaces {

// A value that a document computes from parameters: "width % heads == 0",
// {round8: [16, width]}. Numbers, truth values and text; operators by precedence
//
//     or   and   not   == != < <= > >=   + -   * / %   unary -
//
// and the functions round8(x), round8(a, b) = round8(a b), round, floor, ceil, min, max, if(c, a,
// b). Integers stay integers; a division with a remainder gives a real. round8 is the nearest
// multiple of 8, at least 8 and at least 0.9 x: how the mobile networks round their widths
// (Sandler et al., "MobileNetV2", 2018).
class Expression {
  public:
    struct Same {};  // the number of channels that come in
    struct Call {
        std::string function;  // an operator's sign or a function's name
        std::vector<Expression> arguments;
    };
    using Kind = std::variant<Scalar, ParamIndex, Same, Call>;

    Expression(Kind kind)
        : kind_(std::move(kind)) {}  // NOLINT(google-explicit-constructor): a kind is one

    const Kind& kind() const { return kind_; }
    // The parameters it reads.
    std::set<ParamIndex> params() const;
    bool is_constant() const;
    // Of the tree: values, parameters and calls.
    std::size_t size() const;

  private:
    Kind kind_;
};

// The nearest multiple of 8, at least 8 and at least 0.9 x. Throws Error(invalid_input) for
// what no integer holds.
std::int64_t round8(double value);

// What an expression is evaluated with.
struct Bindings {
    // The parameter's value as the user wrote it.
    std::function<Scalar(ParamIndex)> param;
    std::optional<std::int64_t> same;
};

// Throws Error(invalid_input): wrong types, division by zero, `same` where nothing comes in.
Scalar evaluate(const Expression& expression, const Bindings& bindings);

// What a name in an expression stands for; nullopt: nothing.
using NameLookup = std::function<std::optional<Expression>(std::string_view name)>;

// Throws Error(invalid_input) with the column; an unknown name and a text of more than 1000
// characters are faults too.
Expression parse_expression(std::string_view text, const NameLookup& lookup);

// True for the functions that a document may call as {name: [arguments]}.
bool is_function(std::string_view name);
// Throws Error(invalid_input) for a wrong number of arguments.
Expression make_call(std::string function, std::vector<Expression> arguments);

}  // namespace parnas::spaces
