// SPDX-License-Identifier: Apache-2.0
#include "cli/text/plots.h"

#include <limits>

#include "tests/support/catch.h"

using namespace parnas::cli;

namespace {

Scatter sample() {
    return {.x_label = "latency (ms)",
            .y_label = "error",
            .points = {{4.0, 4.0}, {2.0, 3.0}},
            .marked = {{1.0, 3.0}, {2.0, 2.0}, {5.0, 1.0}}};
}

}  // namespace

TEST_CASE("a scatter shows points, numbered marks and both ranges", "[cli][plots]") {
    CHECK(draw(sample(), {.columns = 30, .rows = 4}, Glyphs::ascii) ==
          "error\n"
          "4 |                    .\n"
          "  |1     .\n"
          "  |      2\n"
          "1 |                          3\n"
          "  +---------------------------\n"
          "   1      latency (ms)       5\n");
}

TEST_CASE("braille has eight points in a cell", "[cli][plots]") {
    const Scatter scatter{
        .x_label = "x", .y_label = "y", .points = {{0.0, 0.0}, {1.0, 1.0}}, .marked = {}};
    const std::string plot = draw(scatter, {.columns = 30, .rows = 4}, Glyphs::braille);
    CHECK(plot.find("1 |                          \xE2\xA2\x88") == std::string::npos);
    CHECK(plot.find("\xE2\xA0\x88") != std::string::npos);  // top right: dot 4
    CHECK(plot.find("\xE2\xA1\x80") != std::string::npos);  // bottom left: dot 7
}

TEST_CASE("marks that would touch are left out", "[cli][plots]") {
    const Scatter scatter{.x_label = "x",
                          .y_label = "y",
                          .points = {},
                          .marked = {{0.0, 0.0}, {0.01, 0.0}, {1.0, 1.0}}};
    const std::string plot = draw(scatter, {.columns = 40, .rows = 4}, Glyphs::ascii);
    CHECK(plot.find("|1") != std::string::npos);
    CHECK(plot.find('2') == std::string::npos);
    CHECK(plot.find('3') != std::string::npos);
}

TEST_CASE("a single point and points that are not finite can be drawn", "[cli][plots]") {
    const double infinity = std::numeric_limits<double>::infinity();
    const Scatter scatter{
        .x_label = "x", .y_label = "y", .points = {{infinity, 0.0}}, .marked = {{2.0, 7.0}}};
    CHECK(draw(scatter, {.columns = 30, .rows = 4}, Glyphs::ascii) ==
          "y\n"
          "7 |\n"
          "  |\n"
          "  |\n"
          "7 |1\n"
          "  +---------------------------\n"
          "   2            x            2\n");
    CHECK(draw({.x_label = "x", .y_label = "y", .points = {}, .marked = {}}, {}, Glyphs::ascii)
              .empty());
}
