// SPDX-License-Identifier: Apache-2.0
#include "api/rest/schema.h"

#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "tests/support/catch.h"

using namespace parnas;

namespace {

// All faults as lines, "/pointer: message".
std::string faults_of(const std::string& schema, const std::string& value) {
    rest::SchemaSet set;
    Faults faults;
    set.compile(parse_json(schema, "schema"), "").check(parse_json(value, "value"), "", faults);
    std::string text;
    for (const Fault& fault : faults.list())
        text += fault.where + ": " + fault.message + '\n';
    return text;
}

bool takes(const std::string& schema, const std::string& value) {
    return faults_of(schema, value).empty();
}

std::string fault_of_schema(const std::string& schema) {
    rest::SchemaSet set;
    try {
        set.compile(parse_json(schema, "schema"), "");
    } catch (const Error& error) {
        return error.what();
    }
    return "";
}

}  // namespace

TEST_CASE("a schema tells types apart", "[api][rest][schema]") {
    const char* values[] = {"null", "true", "3", "0.5", "\"a\"", "[]", "{}"};
    const char* types[] = {"null", "boolean", "integer", "number", "string", "array", "object"};
    for (std::size_t t = 0; t < 7; ++t)
        for (std::size_t v = 0; v < 7; ++v) {
            const bool integer_as_number = t == 3 && v == 2;
            INFO(types[t] << " and " << values[v]);
            CHECK(takes("{\"type\": \"" + std::string(types[t]) + "\"}", values[v]) ==
                  (t == v || integer_as_number));
        }
    CHECK(takes(R"({"type": ["null", "integer"]})", "null"));
    CHECK_FALSE(takes(R"({"type": ["null", "integer"]})", "1.0"));
}

TEST_CASE("the ends of a range belong to it unless it is exclusive", "[api][rest][schema]") {
    const std::string range = R"({"type": "number", "minimum": 1, "maximum": 2.5})";
    CHECK(takes(range, "1"));
    CHECK(takes(range, "2.5"));
    CHECK(faults_of(range, "0.5") == ": expected a number of at least 1, got 0.5\n");
    CHECK_FALSE(takes(range, "2.6"));
    CHECK_FALSE(takes(R"({"exclusiveMinimum": 0})", "0"));
    CHECK(takes(R"({"exclusiveMinimum": 0})", "1e-300"));
}

TEST_CASE("bounds hold exactly for the largest integers", "[api][rest][schema]") {
    const std::string schema = R"({"type": "integer", "maximum": 9223372036854775806})";
    CHECK(takes(schema, "9223372036854775806"));
    CHECK_FALSE(takes(schema, "9223372036854775807"));
    CHECK_FALSE(takes(schema, "18446744073709551615"));
}

TEST_CASE("lengths of texts are counted in code points", "[api][rest][schema]") {
    const std::string schema = R"({"type": "string", "minLength": 2, "maxLength": 3})";
    CHECK_FALSE(takes(schema, "\"\xc3\xa9\""));
    CHECK(takes(schema, "\"\xc3\xa9\xf0\x9f\x98\x80z\""));
    CHECK_FALSE(takes(schema, "\"abcd\""));
}

TEST_CASE("a pattern is not tried on text that is too long", "[api][rest][schema]") {
    const std::string schema = R"({"type": "string", "pattern": "^[a-f]+$", "maxLength": 4})";
    CHECK(takes(schema, "\"cafe\""));
    CHECK(faults_of(schema, "\"cage\"") == ": expected text like ^[a-f]+$\n");
    CHECK(faults_of(schema, "\"cagecage\"") == ": expected at most 4 characters, got 8\n");
}

TEST_CASE("an object shows all its faults at once, each with its place", "[api][rest][schema]") {
    const std::string schema = R"({
        "type": "object", "additionalProperties": false, "required": ["fence", "outcome"],
        "properties": {"fence": {"type": "integer"}, "outcome": {"enum": ["ok", "bad"]}, "a/b": {"type": "null"}}})";
    CHECK(takes(schema, R"({"fence": 1, "outcome": "ok"})"));
    CHECK(faults_of(schema, R"({"fence": "1", "outcmoe": "ok", "a/b": 1})") ==
          "/outcome: is missing\n"
          "/fence: expected integer, got \"1\"\n"
          "/outcmoe: there is no such member; did you mean 'outcome'?\n"
          "/a~1b: expected null, got 1\n");
}

TEST_CASE("members without a name of their own have their schema and their names' too",
          "[api][rest][schema]") {
    const std::string schema = R"({"type": "object", "maxProperties": 2, "minProperties": 1,
        "propertyNames": {"maxLength": 3}, "additionalProperties": {"type": "number"}})";
    CHECK(takes(schema, R"({"abc": 1})"));
    CHECK_FALSE(takes(schema, "{}"));
    CHECK_FALSE(takes(schema, R"({"a": 1, "b": 1, "c": 1})"));
    CHECK(faults_of(schema, R"({"abcd": "x"})") ==
          "/abcd: expected at most 3 characters, got 4\n/abcd: expected number, got \"x\"\n");
}

TEST_CASE("arrays have sizes, items and no item twice", "[api][rest][schema]") {
    const std::string schema =
        R"({"type": "array", "minItems": 1, "maxItems": 3, "uniqueItems": true, "items": {"type": "integer"}})";
    CHECK(takes(schema, "[1, 2]"));
    CHECK(faults_of(schema, "[]") == ": expected at least 1 items, got 0\n");
    CHECK(faults_of(schema, "[1, \"a\", 1]") ==
          "/1: expected integer, got \"a\"\n/2: is there twice\n");
    CHECK(faults_of(schema, "[1, \"a\", 1, 2]") == ": expected at most 3 items, got 4\n");
}

TEST_CASE("of alternatives the one for this type says what is wrong", "[api][rest][schema]") {
    const std::string schema =
        R"({"anyOf": [{"type": "integer", "minimum": 5}, {"const": "none"}]})";
    CHECK(takes(schema, "5"));
    CHECK(takes(schema, "\"none\""));
    CHECK(faults_of(R"({"anyOf": [{"type": "integer", "minimum": 5}, {"type": "string"}]})", "4") ==
          ": expected a number of at least 5, got 4\n");
    CHECK(faults_of(schema, "true") == ": true is none of what is allowed here\n");
}

TEST_CASE("a reference stands for what it names, also within itself", "[api][rest][schema]") {
    const Json document = parse_json(R"({"tree": {"type": "object", "properties": {
        "left": {"$ref": "#/tree"}, "size": {"$ref": "#/size", "minimum": 2}}},
        "size": {"type": "integer", "maximum": 9, "default": 3}})",
                                     "document");
    rest::SchemaSet set;
    const rest::Schema tree = set.compile(document, "/tree");
    Faults faults;
    tree.check(parse_json(R"({"left": {"left": {"size": 1}, "size": 10}})", ""), "", faults);
    REQUIRE(faults.list().size() == 2);
    CHECK(faults.list()[0].where == "/left/left/size");
    CHECK(faults.list()[1].where == "/left/size");
    const rest::Schema size = set.compile(document, "/tree/properties/size");
    REQUIRE(size.default_value() != nullptr);
    CHECK(*size.default_value() == 3);
}

TEST_CASE("a parameter's text becomes the value that its schema is of", "[api][rest][schema]") {
    const auto value = [](const std::string& schema, const std::string& text) {
        rest::SchemaSet set;
        return set.compile(parse_json(schema, "schema"), "").value_of(text);
    };
    CHECK(value(R"({"type": "integer"})", "12") == Json(12));
    CHECK(value(R"({"type": "integer"})", "12.5") == Json("12.5"));
    CHECK(value(R"({"type": "integer"})", "12x") == Json("12x"));
    CHECK(value(R"({"type": "integer"})", "9223372036854775808") == Json("9223372036854775808"));
    CHECK(value(R"({"type": "number"})", "1e3") == Json(1000.0));
    CHECK(value(R"({"type": "number"})", "nan") == Json("nan"));
    CHECK(value(R"({"type": "boolean"})", "true") == Json(true));
    CHECK(value(R"({"type": "boolean"})", "1") == Json("1"));
    CHECK(value(R"({"type": "string"})", "12") == Json("12"));
    CHECK(value(R"({"enum": ["a"]})", "12") == Json("12"));
    CHECK(value(R"({"enum": [1, 2]})", "2") == Json(2));
}

TEST_CASE("what is no schema is refused with its place", "[api][rest][schema]") {
    CHECK(fault_of_schema(R"({"type": "text"})") == "/type: 'text' is no type");
    CHECK(fault_of_schema(R"({"properties": {"a": {"oneOf": []}}})") ==
          "/properties/a/oneOf: this keyword of JSON Schema is not known here");
    CHECK(fault_of_schema(R"({"$ref": "#/nowhere"})") == "/nowhere: there is nothing");
    CHECK(fault_of_schema(R"({"$ref": "http://elsewhere/"})") ==
          "/$ref: 'http://elsewhere/' is not in this document");
    CHECK(fault_of_schema(R"({"pattern": "a+"})") == "/pattern: needs a maxLength of at most 1024");
    CHECK_FALSE(fault_of_schema(R"({"pattern": "(", "maxLength": 9})").empty());
    CHECK_FALSE(fault_of_schema(R"({"minimum": "1"})").empty());
    CHECK_FALSE(fault_of_schema(R"({"maxItems": -1})").empty());
}
