// SPDX-License-Identifier: Apache-2.0
#include "core/object_reader.h"

#include <nlohmann/json.hpp>

#include "tests/support/catch.h"

using namespace parnas;

namespace {

// The faults that `read` finds in `text`.
template <typename Read>
std::vector<Fault> faults_of(const std::string& text, Read read) {
    const Json json = parse_json(text, "test");
    Faults faults;
    ObjectReader reader(json, "/job", faults);
    read(reader);
    reader.finish();
    return faults.list();
}

using Found = std::vector<Fault>;

}  // namespace

TEST_CASE("a correct object is read without a fault", "[core][object_reader]") {
    const auto read = [](ObjectReader& reader) {
        CHECK(reader.text("name") == "x");
        CHECK(reader.integer("trials", {1, 10}) == 7);
        CHECK(reader.integer("seed", 5) == 5);
        CHECK(reader.real("rate", {0.0, 1.0}) == 1.0);
        CHECK(reader.boolean("fast", true) == false);
        CHECK(reader.word("mode", {"slow", "quick"}) == 1);
        CHECK(reader.word("kind", {"a", "b"}, "b") == 1);
        CHECK_FALSE(reader.optional_text("note"));
        CHECK(reader.find("any") != nullptr);
    };
    CHECK(faults_of(R"({"name": "x", "trials": 7, "rate": 1, "fast": false, "mode": "quick",
                        "any": [1]})",
                    read) == Found());
}

TEST_CASE("all faults of an object are told at once", "[core][object_reader]") {
    const auto read = [](ObjectReader& reader) {
        CHECK(reader.text("name").empty());
        CHECK(reader.integer("trials", {1, 10}) == 1);
        CHECK(reader.real("rate", 0.5) == 0.5);
        CHECK(reader.integer("epochs", 3) == 3);
    };
    CHECK(faults_of(R"({"trials": "abc", "rate": null, "epoch": 1})", read) ==
          Found{{"/job", "'name' is missing"},
                {"/job/trials", "expected an integer from 1 to 10, got text 'abc'"},
                {"/job/rate", "expected a number, got null"},
                {"/job/epoch", "unknown key 'epoch'; did you mean 'epochs'?"}});
}

TEST_CASE("an integer stands for a real, a real not for an integer", "[core][object_reader]") {
    const auto read = [](ObjectReader& reader) {
        reader.real("real");
        reader.integer("integer");
    };
    CHECK(faults_of(R"({"real": 1, "integer": 1.0})", read) ==
          Found{{"/job/integer", "expected an integer, got number 1.0"}});
}

TEST_CASE("numbers outside of their range are faults", "[core][object_reader]") {
    const auto read = [](ObjectReader& reader) {
        reader.integer("a", {.low = 1});
        reader.integer("b");
        reader.real("c", {.high = 0.5});
        reader.real("d", 0.0, {0.0, 1.0});
    };
    CHECK(faults_of(R"({"a": 0, "b": 9223372036854775808, "c": 0.75, "d": -0.1})", read) ==
          Found{{"/job/a", "expected an integer of at least 1, got integer 0"},
                {"/job/b", "expected an integer, got integer 9223372036854775808"},
                {"/job/c", "expected a number of at most 0.5, got number 0.75"},
                {"/job/d", "expected a number from 0 to 1, got number -0.1"}});
}

TEST_CASE("numbers that are not finite are faults", "[core][object_reader]") {
    const Json json{{"a", std::nan("")}};
    Faults faults;
    ObjectReader(json, "", faults).real("a");
    CHECK(faults.list() == Found{{"/a", "expected a number, got number \"NaN\""}});
}

TEST_CASE("a word that is not allowed is a fault with a guess", "[core][object_reader]") {
    const auto read = [](ObjectReader& reader) {
        CHECK(reader.word("mode", {"slow", "quick"}) == 0);
        CHECK(reader.word("kind", {"a", "b"}, "b") == 0);
        CHECK(reader.word("none", {"a", "b"}) == 0);
    };
    CHECK(faults_of(R"({"mode": "quik", "kind": 3})", read) ==
          Found{{"/job/mode",
                 "expected one of 'slow', 'quick', got text 'quik'; did you mean 'quick'?"},
                {"/job/kind", "expected one of 'a', 'b', got integer 3"},
                {"/job", "'none' is missing"}});
}

TEST_CASE("what is not an object is one fault", "[core][object_reader]") {
    const auto read = [](ObjectReader& reader) {
        CHECK_FALSE(reader.has("name"));
        reader.text("name");
        reader.integer("trials");
    };
    CHECK(faults_of("[1]", read) == Found{{"/job", "expected an object, got an array"}});
}

TEST_CASE("a fault of the object itself has the object's place", "[core][object_reader]") {
    const auto read = [](ObjectReader& reader) { reader.fault("", "low is above high"); };
    CHECK(faults_of("{}", read) == Found{{"/job", "low is above high"}});
}

TEST_CASE("the nearest word is at most two edits away", "[core][object_reader]") {
    const std::vector<std::string> known{"epochs", "trials", "lr"};
    CHECK(nearest("epoch", known) == "epochs");
    CHECK(nearest("tirals", known) == "trials");
    CHECK(nearest("tests", known).empty());
    CHECK(nearest("x", known).empty());
    CHECK(nearest(std::string(10'000'000, 'e'), known).empty());
    CHECK(nearest("", known).empty());
}
