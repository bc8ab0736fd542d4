// SPDX-License-Identifier: Apache-2.0
#include "core/document.h"

#include <cmath>
#include <fstream>
#include <limits>
#include <string>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "tests/support/catch.h"
#include "tests/support/temporary_folder.h"

using namespace parnas;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;
using tests::TemporaryFolder;

namespace {

Json yaml(const std::string& text) {
    return Document::parse(text, "job.yaml").root();
}

std::string message(const std::string& text) {
    try {
        yaml(text);
    } catch (const Error& error) {
        CHECK(error.kind() == ErrorKind::invalid_input);
        return error.what();
    }
    return "no error";
}

}  // namespace

TEST_CASE("plain YAML scalars follow the 1.2 core schema", "[core][document]") {
    CHECK(yaml("[~, null, Null, NULL, ]") == Json({nullptr, nullptr, nullptr, nullptr}));
    CHECK(yaml("[true, True, TRUE, false, False, FALSE]") ==
          Json({true, true, true, false, false, false}));
    CHECK(yaml("[0, -12, +3, 010, 0x1F, 0o17]") == Json({0, -12, 3, 10, 31, 15}));
    CHECK(yaml("[1.5, -.5, 2., 1e3, +1.0E-2, -2.5e+1]") ==
          Json({1.5, -0.5, 2.0, 1000.0, 0.01, -25.0}));
    CHECK(yaml("2.").is_number_float());
    CHECK(yaml("1e3").is_number_float());
    CHECK(yaml(".inf") == Json(std::numeric_limits<double>::infinity()));
    CHECK(yaml("-.INF") == Json(-std::numeric_limits<double>::infinity()));
    CHECK(std::isnan(yaml(".nan").get<double>()));
}

TEST_CASE("all else in YAML is text", "[core][document]") {
    const std::string text = GENERATE("no",
                                      "yes",
                                      "off",
                                      "tRUE",
                                      "nan",
                                      "inf",
                                      "1_000",
                                      "-0x10",
                                      "0b1",
                                      "1:30",
                                      "2026-11-21",
                                      "1.2.3",
                                      "e3",
                                      ".",
                                      "+",
                                      "1e");
    CHECK(yaml(text) == Json(text));
    CHECK(yaml("['1', \"true\", 'null', !!str 7]") == Json({"1", "true", "null", "7"}));
    CHECK(yaml("|\n  12\n") == Json("12\n"));
}

TEST_CASE("a YAML document keeps the order of its keys", "[core][document]") {
    CHECK(dump_json(yaml("z: 1\na: {c: [], b: {}}\nm:\n  - x: 1\n    y:\n  - 2\n")) ==
          R"({"z":1,"a":{"c":[],"b":{}},"m":[{"x":1,"y":null},2]})");
}

TEST_CASE("an alias is the value that it names", "[core][document]") {
    CHECK(yaml("a: &x [1, &y 2]\nb: *x\nc: *y\n") ==
          parse_json(R"({"a": [1, 2], "b": [1, 2], "c": 2})", "test"));
    CHECK_THAT(message("a: &x [1, *x]"), Contains("job.yaml:1: an alias stands inside"));
    CHECK_THAT(message("a: 1\nb: *x"), Contains("job.yaml:2"));
}

TEST_CASE("an alias bomb is refused", "[core][document]") {
    std::string text = "a0: &a0 [0, 0, 0, 0, 0, 0, 0, 0, 0, 0]\n";
    for (int i = 1; i < 10; ++i) {
        const std::string alias = "*a" + std::to_string(i - 1);
        text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + alias;
        for (int k = 0; k < 9; ++k)
            text += ", " + alias;
        text += "]\n";
    }
    CHECK_THAT(message(text), Contains("job.yaml:5: more than 100000 values"));

    std::string long_text = "- &a " + std::string(1 << 20, 'x') + "\n";
    for (int i = 0; i < 8; ++i)
        long_text += "- *a\n";
    CHECK_THAT(message(long_text), Contains("job.yaml:9: more than 8388608 bytes of text"));
}

TEST_CASE("a document may have 100,000 values and no more", "[core][document]") {
    std::string text = "[0";
    for (int i = 0; i < 99'998; ++i)
        text += ",0";
    CHECK(yaml(text + "]").size() == 99'999);
    CHECK_THAT(message(text + ",0]"), Contains("more than 100000 values"));
}

TEST_CASE("YAML may be nested 64 deep and no deeper", "[core][document]") {
    const auto nested = [](std::size_t depth) {
        return std::string(depth, '[') + std::string(depth, ']');
    };
    CHECK_NOTHROW(yaml(nested(64)));
    CHECK_THAT(message(nested(65)), Contains("nested deeper than 64"));
    CHECK_THAT(message(std::string(100'000, '[')), StartsWith("job.yaml:1: "));
    CHECK_THAT(message(std::string(100'000, '{')), StartsWith("job.yaml:1: "));
    std::string block;
    for (int i = 0; i < 10'000; ++i)
        block += "- ";
    CHECK_THAT(message(block), Contains("nested deeper than 64"));
}

TEST_CASE("what a YAML document may not have is refused with its line", "[core][document]") {
    CHECK(message("a: 1\nb: 2\na: 3\n") == "job.yaml:3: the key 'a' is there twice");
    CHECK(message("a: 1\n'a': 2\n") == "job.yaml:2: the key 'a' is there twice");
    CHECK(message("a: 1\n7: 2\n") == "job.yaml:2: a key must be text, got 7; quote it");
    CHECK(message("a: 1\n[1]: 2\n") == "job.yaml:2: a key must be text");
    CHECK_THAT(message("a: &x {b: 1}\nc:\n  <<: *x\n"), Contains("job.yaml:3: merge keys"));
    CHECK_THAT(message("a: !thing 1\n"), Contains("job.yaml:1: the tag '!thing'"));
    CHECK_THAT(message("a: !!set {b}\n"), Contains("job.yaml:1: the tag"));
    CHECK_THAT(message("a: 9223372036854775808"), Contains("job.yaml:1: the integer"));
    CHECK_THAT(message("a: 1e999"), Contains("job.yaml:1: the number"));
    CHECK(message("a: 1\n---\nb: 2\n") ==
          "job.yaml:2: the document is over before this line; expected one document");
}

TEST_CASE("what is not YAML is refused with its line", "[core][document]") {
    CHECK(message("") == "job.yaml:1: the document is empty");
    CHECK(message("# nothing\n") == "job.yaml:1: the document is empty");
    CHECK_THAT(message("a: 1\nb: [1, 2\n"), StartsWith("job.yaml:"));
    CHECK_THAT(message("a:\n\tb: 1\n"),
               StartsWith("job.yaml:2: not YAML") && Contains("not with tabs"));
    CHECK_THAT(message("a: 'b\n"), StartsWith("job.yaml:2: not YAML"));
    CHECK_THAT(message("a: \"b"), StartsWith("job.yaml:2: not YAML"));
    CHECK(yaml("a: 1\n...\n") == Json{{"a", 1}});
    CHECK(yaml("a: 1") == Json{{"a", 1}});
}

TEST_CASE("a pointer's place has the line of the nearest value", "[core][document]") {
    const Document document = Document::parse(
        "name: x\n\nbudget:\n  trials: 1\n  parts:\n    - 1\n    - a/b: 2\n", "job.yaml");
    CHECK(document.place("") == "job.yaml:1");
    CHECK(document.place("/name") == "job.yaml:1 /name");
    CHECK(document.place("/budget") == "job.yaml:3 /budget");
    CHECK(document.place("/budget/trials") == "job.yaml:4 /budget/trials");
    CHECK(document.place("/budget/parts/1/a~1b") == "job.yaml:7 /budget/parts/1/a~1b");
    CHECK(document.place("/budget/parts/9") == "job.yaml:5 /budget/parts/9");
    CHECK(document.place("/budget/epochs/x") == "job.yaml:3 /budget/epochs/x");
}

TEST_CASE("faults are thrown with their places", "[core][document]") {
    const Document document = Document::parse("a: 1\nb: 2\n", "job.yaml");
    Faults faults;
    CHECK_NOTHROW(document.throw_if_any(faults));
    faults.add("/b", "is wrong");
    faults.add("", "is odd");
    CHECK_THROWS_WITH(document.throw_if_any(faults), "job.yaml:2 /b: is wrong\njob.yaml:1: is odd");
}

TEST_CASE("a file that ends in .json is strict JSON", "[core][document]") {
    const TemporaryFolder folder;
    const Document document = Document::read(folder.write("job.json", R"({"a": 1})"));
    CHECK(document.root() == Json{{"a", 1}});
    CHECK(document.place("/a") == (folder.path() / "job.json").string() + " /a");
    CHECK_THROWS_AS(Document::read(folder.write("yaml.json", "a: 1")), Error);
    CHECK(Document::read(folder.write("job.yaml", "a: 1")).root() == Json{{"a", 1}});
}

TEST_CASE("a file that is not there or too large is refused", "[core][document]") {
    const TemporaryFolder folder;
    const auto kind = [](const std::filesystem::path& path) {
        try {
            Document::read(path);
        } catch (const Error& error) {
            return error.kind();
        }
        return ErrorKind::internal;
    };
    CHECK(kind(folder.path() / "none.yaml") == ErrorKind::not_found);
    CHECK(kind(folder.path()) == ErrorKind::not_found);
    CHECK(kind(folder.write("large.yaml", std::string((8 << 20) + 1, ' '))) ==
          ErrorKind::invalid_input);
}
