// SPDX-License-Identifier: Apache-2.0
#include "spaces/expression.h"

#include "core/error.h"
#include "tests/support/catch.h"

namespace parnas::spaces {
namespace {

// width is 24 and act "relu"; nothing else has a name.
Scalar value_of(std::string_view text, std::optional<std::int64_t> same = std::nullopt) {
    const NameLookup lookup = [](std::string_view name) -> std::optional<Expression> {
        if (name == "width")
            return Expression(Expression::Kind(ParamIndex{0}));
        if (name == "act")
            return Expression(Expression::Kind(ParamIndex{1}));
        if (name == "same")
            return Expression(Expression::Kind(Expression::Same{}));
        return std::nullopt;
    };
    const Bindings bindings{
        .param =
            [](ParamIndex index) { return index == 0 ? Scalar(std::int64_t{24}) : Scalar("relu"); },
        .same = same};
    return evaluate(parse_expression(text, lookup), bindings);
}

std::string fault_of(std::string_view text) {
    try {
        value_of(text);
    } catch (const Error& error) {
        REQUIRE(error.kind() == ErrorKind::invalid_input);
        return error.what();
    }
    return "";
}

TEST_CASE("operators bind as in arithmetic", "[spaces][expression]") {
    REQUIRE(value_of("1 + 2 * 3") == Scalar(std::int64_t{7}));
    REQUIRE(value_of("(1 + 2) * 3") == Scalar(std::int64_t{9}));
    REQUIRE(value_of("10 - 4 - 3") == Scalar(std::int64_t{3}));
    REQUIRE(value_of("-width + 30") == Scalar(std::int64_t{6}));
    REQUIRE(value_of("1 < 2 and not 2 < 1 or false") == Scalar(true));
    REQUIRE(value_of("width % 8 == 0") == Scalar(true));
    REQUIRE(value_of("1.5e1 * 2") == Scalar(30.0));
}

TEST_CASE("integers stay integers while they divide", "[spaces][expression]") {
    REQUIRE(value_of("width / 4") == Scalar(std::int64_t{6}));
    REQUIRE(value_of("width / 5") == Scalar(4.8));
    REQUIRE(value_of("floor(width / 5)") == Scalar(std::int64_t{4}));
    REQUIRE(value_of("ceil(width / 5)") == Scalar(std::int64_t{5}));
}

TEST_CASE("round8 rounds as the mobile networks do", "[spaces][expression]") {
    // Widths of MobileNetV3-Small 0.75 and the expansions of its Large sibling.
    REQUIRE(value_of("round8(0.75, 16)") == Scalar(std::int64_t{16}));
    REQUIRE(value_of("round8(0.75 * 24)") == Scalar(std::int64_t{24}));
    REQUIRE(value_of("round8(80 * 2.3)") == Scalar(std::int64_t{184}));
    REQUIRE(value_of("round8(1)") == Scalar(std::int64_t{8}));
    REQUIRE(value_of("round8(11)") == Scalar(std::int64_t{16}));  // 8 would be below 0.9 x
}

TEST_CASE("a choice of if decides before the other side is looked at", "[spaces][expression]") {
    REQUIRE(value_of("if(width > 8, width, 1 / 0)") == Scalar(std::int64_t{24}));
    REQUIRE(value_of("true or 1 / 0 == 1") == Scalar(true));
}

TEST_CASE("text is compared, not calculated", "[spaces][expression]") {
    REQUIRE(value_of("act == 'relu'") == Scalar(true));
    REQUIRE(value_of("act != 'gelu'") == Scalar(true));
    REQUIRE(fault_of("act + 1") == "+ needs numbers, got relu");
}

TEST_CASE("same stands for the channels that come in", "[spaces][expression]") {
    REQUIRE(value_of("2 * same", 12) == Scalar(std::int64_t{24}));
    REQUIRE(fault_of("same").find("channels that come in") != std::string::npos);
}

TEST_CASE("what cannot be read says where", "[spaces][expression]") {
    REQUIRE(fault_of("width +").find("column 8") != std::string::npos);
    REQUIRE(fault_of("hight * 2").find("'hight' is no parameter") != std::string::npos);
    REQUIRE(fault_of("width ) 2").find("unexpected ')") != std::string::npos);
    REQUIRE(fault_of("round8(1, 2, 3)").find("takes 1 to 2 arguments, got 3") != std::string::npos);
    REQUIRE(fault_of("1 / (width - 24)").find("division by zero") != std::string::npos);
    REQUIRE(fault_of("9223372036854775807 + 1") == "an integer is too large");
    REQUIRE(fault_of(std::string(500, '(')).find("too deeply") != std::string::npos);
    REQUIRE(fault_of("'relu").find("closing '") != std::string::npos);
}

}  // namespace
}  // namespace parnas::spaces
