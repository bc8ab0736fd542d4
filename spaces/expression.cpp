// SPDX-License-Identifier: Apache-2.0
#include "spaces/expression.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "core/error.h"

namespace parnas::spaces {
namespace {

struct Function {
    std::string_view name;
    std::size_t least;
    std::size_t most;
};
constexpr std::array<Function, 7> kFunctions{{{"round8", 1, 2},
                                              {"round", 1, 1},
                                              {"floor", 1, 1},
                                              {"ceil", 1, 1},
                                              {"min", 1, 16},
                                              {"max", 1, 16},
                                              {"if", 3, 3}}};

[[noreturn]] void refuse(std::string message) {
    throw Error(ErrorKind::invalid_input, std::move(message));
}

bool is_number(const Scalar& value) {
    return std::holds_alternative<std::int64_t>(value) || std::holds_alternative<double>(value);
}

double number(const Scalar& value, std::string_view where) {
    if (const auto* integer = std::get_if<std::int64_t>(&value))
        return static_cast<double>(*integer);
    if (const auto* real = std::get_if<double>(&value))
        return *real;
    refuse(fmt::format("{} needs numbers, got {}", where, parnas::to_string(value)));
}

bool truth(const Scalar& value, std::string_view where) {
    if (const auto* boolean = std::get_if<bool>(&value))
        return *boolean;
    refuse(fmt::format("{} needs true or false, got {}", where, parnas::to_string(value)));
}

std::int64_t integral(double value) {
    if (!(std::abs(value) < 9.0e15))
        refuse(fmt::format("the number {} is too large", value));
    return static_cast<std::int64_t>(value);
}

std::int64_t integer_arithmetic(std::string_view sign, std::int64_t a, std::int64_t b) {
    std::int64_t result = 0;
    const bool overflow = sign == "+"   ? __builtin_add_overflow(a, b, &result)
                          : sign == "-" ? __builtin_sub_overflow(a, b, &result)
                                        : __builtin_mul_overflow(a, b, &result);
    if (overflow)
        refuse("an integer is too large");
    return result;
}

Scalar arithmetic(std::string_view sign, const Scalar& left, const Scalar& right) {
    const auto* a = std::get_if<std::int64_t>(&left);
    const auto* b = std::get_if<std::int64_t>(&right);
    if (sign == "/" || sign == "%") {
        if (number(right, sign) == 0.0)
            refuse(fmt::format("division by zero: {} {} {}",
                               parnas::to_string(left),
                               sign,
                               parnas::to_string(right)));
        if (sign == "%") {
            if (a == nullptr || b == nullptr)
                refuse("% needs integers");
            return *b == -1 ? 0 : *a % *b;
        }
        if (a != nullptr && b != nullptr && *b != -1 && *a % *b == 0)
            return *a / *b;
        return number(left, sign) / number(right, sign);
    }
    if (a != nullptr && b != nullptr)
        return integer_arithmetic(sign, *a, *b);
    const double x = number(left, sign);
    const double y = number(right, sign);
    if (sign == "+")
        return x + y;
    return sign == "-" ? x - y : x * y;
}

bool equal(const Scalar& left, const Scalar& right) {
    return is_number(left) && is_number(right) ? number(left, "==") == number(right, "==")
                                               : left == right;
}

Scalar compare(std::string_view sign, const Scalar& left, const Scalar& right) {
    if (sign == "==" || sign == "!=")
        return equal(left, right) == (sign == "==");
    const double x = number(left, sign);
    const double y = number(right, sign);
    if (sign == "<")
        return x < y;
    if (sign == "<=")
        return x <= y;
    return sign == ">" ? x > y : x >= y;
}

Scalar extreme(std::string_view name, const std::vector<Scalar>& values) {
    const auto less = [name](const Scalar& a, const Scalar& b) {
        return number(a, name) < number(b, name);
    };
    number(values.front(), name);
    return name == "min" ? *std::ranges::min_element(values, less)
                         : *std::ranges::max_element(values, less);
}

Scalar call(const std::string& name,
            const std::vector<Expression>& arguments,
            const Bindings& bindings) {
    // These decide which arguments count before they evaluate them.
    if (name == "if")
        return evaluate(arguments[truth(evaluate(arguments[0], bindings), "if") ? 1 : 2], bindings);
    if (name == "and" || name == "or") {
        const bool left = truth(evaluate(arguments[0], bindings), name);
        return left == (name == "or") ? left : truth(evaluate(arguments[1], bindings), name);
    }
    std::vector<Scalar> values;
    for (const Expression& argument : arguments)
        values.push_back(evaluate(argument, bindings));
    if (name == "not")
        return !truth(values[0], name);
    if (name == "min" || name == "max")
        return extreme(name, values);
    if (name == "round8")
        return round8(
            number(values.size() == 2 ? arithmetic("*", values[0], values[1]) : values[0], name));
    if (name == "round")
        return integral(std::round(number(values[0], name)));
    if (name == "floor")
        return integral(std::floor(number(values[0], name)));
    if (name == "ceil")
        return integral(std::ceil(number(values[0], name)));
    if (values.size() == 1)
        return arithmetic("-", std::int64_t{0}, values[0]);
    if (name == "+" || name == "-" || name == "*" || name == "/" || name == "%")
        return arithmetic(name, values[0], values[1]);
    return compare(name, values[0], values[1]);
}

void collect(const Expression& expression, std::set<ParamIndex>& params) {
    if (const auto* param = std::get_if<ParamIndex>(&expression.kind()))
        params.insert(*param);
    if (const auto* call = std::get_if<Expression::Call>(&expression.kind()))
        for (const Expression& argument : call->arguments)
            collect(argument, params);
}

}  // namespace

std::int64_t round8(double value) {
    const double rounded = std::max(8.0, std::floor((value + 4.0) / 8.0) * 8.0);
    return integral(rounded < 0.9 * value ? rounded + 8.0 : rounded);
}

std::set<ParamIndex> Expression::params() const {
    std::set<ParamIndex> params;
    collect(*this, params);
    return params;
}

bool Expression::is_constant() const {
    if (const auto* call = std::get_if<Call>(&kind_))
        return std::ranges::all_of(call->arguments, &Expression::is_constant);
    return std::holds_alternative<Scalar>(kind_);
}

std::size_t Expression::size() const {
    std::size_t size = 1;
    if (const auto* call = std::get_if<Call>(&kind_))
        for (const Expression& argument : call->arguments)
            size += argument.size();
    return size;
}

Scalar evaluate(const Expression& expression, const Bindings& bindings) {
    if (const auto* literal = std::get_if<Scalar>(&expression.kind()))
        return *literal;
    if (const auto* param = std::get_if<ParamIndex>(&expression.kind()))
        return bindings.param(*param);
    if (std::holds_alternative<Expression::Same>(expression.kind())) {
        if (!bindings.same)
            refuse("'same' stands for the channels that come in, and there are none here");
        return *bindings.same;
    }
    const auto& [function, arguments] = std::get<Expression::Call>(expression.kind());
    return call(function, arguments, bindings);
}

bool is_function(std::string_view name) {
    return std::ranges::find(kFunctions, name, &Function::name) != kFunctions.end();
}

Expression make_call(std::string function, std::vector<Expression> arguments) {
    const auto* found = std::ranges::find(kFunctions, function, &Function::name);
    if (found == kFunctions.end())
        refuse(fmt::format("no function is named '{}'", function));
    if (arguments.size() < found->least || arguments.size() > found->most)
        refuse(fmt::format("{} takes {} to {} arguments, got {}",
                           function,
                           found->least,
                           found->most,
                           arguments.size()));
    return Expression::Kind(Expression::Call{std::move(function), std::move(arguments)});
}

}  // namespace parnas::spaces
