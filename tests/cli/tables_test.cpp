// SPDX-License-Identifier: Apache-2.0
#include "cli/text/tables.h"

#include <nlohmann/json.hpp>

#include "tests/support/catch.h"

using namespace parnas;
using namespace parnas::cli;

namespace {

Table two_trials() {
    return {.columns = {{"number", "trial"}, {"accuracy", "accuracy"}, {"failure", "why"}},
            .rows = {{std::int64_t{3}, 0.93125, Scalar()},
                     {std::int64_t{12}, Scalar(), std::string("diverged: \"loss\", NaN")}}};
}

}  // namespace

TEST_CASE("a table is aligned, numbers to the right", "[cli][table]") {
    CHECK(to_text(two_trials()) ==
          "trial  accuracy  why\n"
          "    3    0.9313  -\n"
          "   12         -  diverged: \"loss\", NaN\n");
}

TEST_CASE("a table without rows is its header", "[cli][table]") {
    CHECK(to_text({.columns = {{"a", "one"}, {"b", "two"}}, .rows = {}}) == "one  two\n");
}

TEST_CASE("columns are as wide as characters, not bytes", "[cli][table]") {
    CHECK(to_text({.columns = {{"a", "name"}, {"b", "n"}},
                   .rows = {{std::string("\xC3\xA9t\xC3\xA9"), true}}}) ==
          "name  n\n"
          "\xC3\xA9t\xC3\xA9   true\n");
}

TEST_CASE("text from outside cannot steer the terminal", "[cli][table]") {
    CHECK(printable("a\x1b[2Jb\n") == "a\\x1b[2Jb\\x0a");
}

TEST_CASE("a record has one line per column", "[cli][table]") {
    CHECK(to_record({.columns = {{"a", "study"}, {"b", "front"}},
                     .rows = {{std::string("x"), std::int64_t{4}}}}) ==
          "study  x\n"
          "front  4\n");
}

TEST_CASE("CSV has the keys as header and quotes what needs it", "[cli][table]") {
    CHECK(to_csv(two_trials()) ==
          "number,accuracy,failure\r\n"
          "3,0.93125,\r\n"
          "12,,\"diverged: \"\"loss\"\", NaN\"\r\n");
}

TEST_CASE("JSON keeps types", "[cli][table]") {
    CHECK(dump_json(to_json(two_trials())) ==
          R"([{"number":3,"accuracy":0.93125,"failure":null},)"
          R"({"number":12,"accuracy":null,"failure":"diverged: \"loss\", NaN"}])");
}

TEST_CASE("long texts are cut between characters", "[cli][table]") {
    CHECK(shortened(std::string(60, 'a')) == std::string(60, 'a'));
    CHECK(shortened(std::string(61, 'a')) == std::string(57, 'a') + "...");
    CHECK(shortened(std::string(56, 'a') + "\xC3\xA9" + std::string(9, 'a')) ==
          std::string(56, 'a') + "...");
}
