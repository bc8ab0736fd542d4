// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cctype>
#include <charconv>

#include <fmt/format.h>

#include "core/error.h"
#include "spaces/expression.h"

namespace parnas::spaces {
namespace {

constexpr int kMaxDepth = 64;
constexpr std::size_t kMaxLength = 1000;

Expression binary(std::string sign, Expression left, Expression right) {
    return Expression::Kind(Expression::Call{std::move(sign), {std::move(left), std::move(right)}});
}

// Recursive descent, one function per level of precedence.
class Parser {
  public:
    Parser(std::string_view text, const NameLookup& lookup) : text_(text), lookup_(lookup) {}

    Expression whole() {
        Expression result = any();
        skip_space();
        if (at_ < text_.size())
            fail(fmt::format("unexpected '{}'", text_.substr(at_)));
        return result;
    }

  private:
    [[noreturn]] void fail(const std::string& what) const {
        throw Error(ErrorKind::invalid_input,
                    fmt::format("{} at column {} of \"{}\"", what, at_ + 1, text_));
    }

    void skip_space() {
        while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_])) != 0)
            ++at_;
    }

    bool take(std::string_view sign) {
        skip_space();
        if (!text_.substr(at_).starts_with(sign))
            return false;
        const bool is_word = std::isalpha(static_cast<unsigned char>(sign.front())) != 0;
        if (is_word && at_ + sign.size() < text_.size() && is_name(text_[at_ + sign.size()]))
            return false;
        at_ += sign.size();
        return true;
    }

    static bool is_name(char c) {
        return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '.';
    }

    Expression any() {
        if (++depth_ > kMaxDepth)
            fail("nested too deeply");
        Expression left = conjunction();
        while (take("or"))
            left = binary("or", std::move(left), conjunction());
        --depth_;
        return left;
    }

    Expression conjunction() {
        Expression left = negation();
        while (take("and"))
            left = binary("and", std::move(left), negation());
        return left;
    }

    Expression negation() {
        if (take("not"))
            return Expression::Kind(Expression::Call{"not", {negation()}});
        return comparison();
    }

    Expression comparison() {
        Expression left = sum();
        for (const std::string_view sign : {"==", "!=", "<=", ">=", "<", ">"})
            if (take(sign))
                return binary(std::string(sign), std::move(left), sum());
        return left;
    }

    Expression sum() { return chain({"+", "-", ""}, &Parser::product); }
    Expression product() { return chain({"*", "/", "%"}, &Parser::unary); }

    Expression chain(const std::array<std::string_view, 3>& signs, Expression (Parser::*next)()) {
        Expression left = (this->*next)();
        for (bool more = true; more;) {
            more = false;
            for (const std::string_view sign : signs) {
                if (sign.empty() || !take(sign))
                    continue;
                left = binary(std::string(sign), std::move(left), (this->*next)());
                more = true;
            }
        }
        return left;
    }

    Expression unary() {
        if (!take("-"))
            return primary();
        if (++depth_ > kMaxDepth)
            fail("nested too deeply");
        Expression result = Expression::Kind(Expression::Call{"-", {unary()}});
        --depth_;
        return result;
    }

    Expression primary() {
        if (take("(")) {
            Expression inner = any();
            if (!take(")"))
                fail("')' is missing");
            return inner;
        }
        skip_space();
        if (at_ == text_.size())
            fail("something is missing");
        const char c = text_[at_];
        if (c == '\'')
            return quoted();
        if (std::isdigit(static_cast<unsigned char>(c)) != 0)
            return number();
        if (std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_')
            return named();
        fail(fmt::format("unexpected '{}'", c));
    }

    Expression quoted() {
        const std::size_t end = text_.find('\'', at_ + 1);
        if (end == std::string_view::npos)
            fail("the closing ' is missing");
        const std::string_view inside = text_.substr(at_ + 1, end - at_ - 1);
        at_ = end + 1;
        return Expression::Kind(Scalar(std::string(inside)));
    }

    Expression number() {
        const char* begin = text_.data() + at_;
        const char* end = text_.data() + text_.size();
        std::int64_t integer = 0;
        const auto whole = std::from_chars(begin, end, integer);
        double real = 0.0;
        const auto full = std::from_chars(begin, end, real);
        at_ = static_cast<std::size_t>(full.ptr - text_.data());
        if (whole.ec == std::errc{} && whole.ptr == full.ptr)
            return Expression::Kind(Scalar(integer));
        return Expression::Kind(Scalar(real));
    }

    Expression named() {
        const std::size_t begin = at_;
        while (at_ < text_.size() && is_name(text_[at_]))
            ++at_;
        const std::string_view name = text_.substr(begin, at_ - begin);
        if (name == "true" || name == "false")
            return Expression::Kind(Scalar(name == "true"));
        if (is_function(name) && take("("))
            return make_call(std::string(name), arguments());
        if (auto found = lookup_(name))
            return *std::move(found);
        at_ = begin;
        fail(fmt::format("'{}' is no parameter or argument here (text stands in 'quotes')", name));
    }

    std::vector<Expression> arguments() {
        std::vector<Expression> arguments;
        do
            arguments.push_back(any());
        while (take(","));
        if (!take(")"))
            fail("')' is missing");
        return arguments;
    }

    std::string_view text_;
    const NameLookup& lookup_;
    std::size_t at_ = 0;
    int depth_ = 0;
};

}  // namespace

Expression parse_expression(std::string_view text, const NameLookup& lookup) {
    if (text.size() > kMaxLength)
        throw Error(
            ErrorKind::invalid_input,
            fmt::format(
                "an expression has at most {} characters, got {}", kMaxLength, text.size()));
    return Parser(text, lookup).whole();
}

}  // namespace parnas::spaces
