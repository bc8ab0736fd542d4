// SPDX-License-Identifier: Apache-2.0
#include "core/json.h"

#include <limits>
#include <string>

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/python_json.h"
#include "tests/support/catch.h"

using namespace parnas;
using Catch::Matchers::Contains;

namespace {

std::string nested_arrays(std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
}

}  // namespace

TEST_CASE("JSON keeps the order of its keys", "[core][json]") {
    CHECK(dump_json(parse_json(R"({"z": 1, "a": [true, null, 1.5]})", "test")) ==
          R"({"z":1,"a":[true,null,1.5]})");
}

TEST_CASE("a key that is there twice in one object is refused", "[core][json]") {
    CHECK_THROWS_WITH(parse_json(R"({"a": 1, "b": {"c": 1, "c": 2}})", "job.json"),
                      Contains("job.json") && Contains("'c' is there twice"));
    CHECK_NOTHROW(parse_json(R"([{"a": 1}, {"a": {"a": 2}}])", "job.json"));
    std::string many = "{";
    for (int i = 0; i < 100; ++i)
        many += "\"key " + std::to_string(i) + "\": [{}], ";
    CHECK(parse_json(many + "\"last\": 1}", "job.json").size() == 101);
    for (const char* again : {"key 3", "key 17", "key 99"})
        CHECK_THROWS_WITH(parse_json(many + '"' + again + "\": 1}", "job.json"),
                          Contains(std::string("'") + again + "' is there twice"));
}

TEST_CASE("JSON may be nested 64 deep and no deeper", "[core][json]") {
    CHECK_NOTHROW(parse_json(nested_arrays(64), "test"));
    CHECK_THROWS_WITH(parse_json(nested_arrays(65), "test"), Contains("deeper than 64"));
    CHECK_THROWS_AS(parse_json(std::string(1'000'000, '['), "test"), Error);
}

TEST_CASE("what is not JSON is refused with its place", "[core][json]") {
    CHECK_THROWS_WITH(parse_json("[1, }", "job.json"),
                      Catch::StartsWith("job.json: not JSON, at byte 5: syntax error while"));
    const std::string text =
        GENERATE("", "1 2", "{'a': 1}", "[1,]", "NaN", "1e999", "// x\n1", "\"\xff\"");
    CHECK_THROWS_AS(parse_json(text, "test"), Error);
}

TEST_CASE("non-finite numbers are written as text", "[core][json]") {
    const double infinity = std::numeric_limits<double>::infinity();
    const Json json{{"a", {infinity, -infinity}}, {"b", std::nan("")}, {"c", 0.5}};
    CHECK(dump_json(json) == R"({"a":["Infinity","-Infinity"],"b":"NaN","c":0.5})");
}

TEST_CASE("text that is not UTF-8 can be written", "[core][json]") {
    CHECK(dump_json(Json("\xff")) == "\"\xef\xbf\xbd\"");
}

TEST_CASE("a JSON pointer escapes its tokens", "[core][json]") {
    CHECK(pointer_to("/a", "b/c~d") == "/a/b~1c~0d");
    CHECK(pointer_to("", 3) == "/3");
}

TEST_CASE("numbers that only Python writes become texts, and texts stay", "[core][json]") {
    CHECK(quote_python_numbers(R"([NaN, -Infinity,Infinity])") ==
          R"(["NaN", "-Infinity","Infinity"])");
    CHECK(quote_python_numbers(R"({"NaN": "a \"NaN\\", "b": NaN})") ==
          R"({"NaN": "a \"NaN\\", "b": "NaN"})");
    CHECK(quote_python_numbers("\"cut \\") == "\"cut \\");
    CHECK(quote_python_numbers("").empty());
}
