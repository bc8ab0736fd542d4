// SPDX-License-Identifier: Apache-2.0
#include "cli/text/bars.h"

#include "tests/support/catch.h"

using namespace parnas::cli;

TEST_CASE("bars are as long as their shares", "[cli][bars]") {
    CHECK(draw({{"rate", 0.5}, {"x", 0.25}, {"none", 0.0}}, 0.5, 23, Glyphs::ascii) ==
          "rate  0.500  ##########\n"
          "x     0.250  #####\n"
          "none  0.000\n");
    CHECK(draw({{"a", 0.8}, {"b", 0.05}}, 0.8, 12, Glyphs::braille) ==
          "a  0.800  ██\n"
          "b  0.050  ▏\n");
}

TEST_CASE("bars give way to labels, which cannot rewrite the terminal", "[cli][bars]") {
    CHECK(draw({{"a\x1b[2J", 1.0}}, 1.0, 5, Glyphs::ascii) == "a\\x1b[2J  1.000\n");
    CHECK(draw({}, 1.0, 80, Glyphs::ascii).empty());
}
