// SPDX-License-Identifier: Apache-2.0
#include "cli/text/plots.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include <fmt/format.h>

#include "cli/text/numbers.h"

namespace parnas::cli {
namespace {

bool is_finite(const PlotPoint& point) {
    return std::isfinite(point.x) && std::isfinite(point.y);
}

struct Extremes {
    double low = 0.0;
    double high = 0.0;

    void include(double value, bool first) {
        low = first ? value : std::min(low, value);
        high = first ? value : std::max(high, value);
    }
    // The cell of `value` among `cells`; all in the first one if there is but one value.
    std::size_t cell(double value, std::size_t cells) const {
        if (high <= low)
            return 0;
        const double share = (value - low) / (high - low);
        return std::min(cells - 1, static_cast<std::size_t>(share * static_cast<double>(cells)));
    }
};

std::string utf8(std::uint32_t braille) {
    const std::uint32_t code = 0x2800U + braille;
    return {static_cast<char>(0xE2),
            static_cast<char>(0x80U | ((code >> 6U) & 0x3FU)),
            static_cast<char>(0x80U | (code & 0x3FU))};
}

// The area between the axes, the first row on top: dots below, marks above them.
class Canvas {
  public:
    Canvas(std::size_t columns, std::size_t rows, Glyphs glyphs)
        : columns_(columns),
          rows_(rows),
          glyphs_(glyphs),
          dots_(columns * rows, 0),
          marks_(rows, std::string(columns, ' ')) {}

    void dot(const PlotPoint& point, const Extremes& x, const Extremes& y) {
        // Bits of the 2 x 4 dots of a braille cell, from its top left.
        static constexpr std::uint8_t kBits[4][2] = {{1, 8}, {2, 16}, {4, 32}, {64, 128}};
        const std::size_t column = x.cell(point.x, columns_ * 2);
        const std::size_t row = rows_ * 4 - 1 - y.cell(point.y, rows_ * 4);
        std::uint8_t& cell = dots_[row / 4 * columns_ + column / 2];
        cell = static_cast<std::uint8_t>(cell | kBits[row % 4][column % 2]);
    }

    void mark(const std::string& text,
              const PlotPoint& point,
              const Extremes& x,
              const Extremes& y) {
        std::string& row = marks_[rows_ - 1 - y.cell(point.y, rows_)];
        const std::size_t column = std::min(x.cell(point.x, columns_), columns_ - text.size());
        // A blank keeps neighbouring numbers apart.
        const std::size_t from = column == 0 ? 0 : column - 1;
        const std::string_view room =
            std::string_view(row).substr(from, column + text.size() + 1 - from);
        if (room.find_first_not_of(' ') == std::string_view::npos)
            row.replace(column, text.size(), text);
    }

    std::string line(std::size_t row) const {
        std::string text;
        for (std::size_t column = 0; column < columns_; ++column) {
            const std::uint8_t cell = dots_[row * columns_ + column];
            if (const char mark = marks_[row][column]; mark != ' ')
                text += mark;
            else if (cell == 0)
                text += ' ';
            else
                text += glyphs_ == Glyphs::braille ? utf8(cell) : ".";
        }
        return text;
    }

  private:
    std::size_t columns_;
    std::size_t rows_;
    Glyphs glyphs_;
    std::vector<std::uint8_t> dots_;
    std::vector<std::string> marks_;
};

std::string without_trailing_blanks(std::string line) {
    line.erase(line.find_last_not_of(' ') + 1);
    return line + '\n';
}

}  // namespace

std::string draw(const Scatter& scatter, const PlotSize& size, Glyphs glyphs) {
    Extremes x;
    Extremes y;
    bool first = true;
    for (const auto* points : {&scatter.points, &scatter.marked})
        for (const PlotPoint& point : *points)
            if (is_finite(point)) {
                x.include(point.x, first);
                y.include(point.y, first);
                first = false;
            }
    if (first)
        return {};

    const std::string top = short_number(y.high);
    const std::string bottom = short_number(y.low);
    const std::size_t margin = std::max(top.size(), bottom.size());
    const std::size_t columns = std::max<std::size_t>(size.columns, 30) - margin - 2;
    const std::size_t rows = std::max<std::size_t>(size.rows, 4);
    Canvas canvas(columns, rows, glyphs);
    for (const PlotPoint& point : scatter.points)
        if (is_finite(point))
            canvas.dot(point, x, y);
    for (std::size_t i = 0; i < scatter.marked.size(); ++i)
        if (is_finite(scatter.marked[i]))
            canvas.mark(std::to_string(i + 1), scatter.marked[i], x, y);

    std::string text = without_trailing_blanks(scatter.y_label);
    for (std::size_t row = 0; row < rows; ++row) {
        const std::string& number = row == 0 ? top : row + 1 == rows ? bottom : std::string();
        text +=
            without_trailing_blanks(fmt::format("{:>{}} |{}", number, margin, canvas.line(row)));
    }
    text += fmt::format("{:{}} +{:->{}}\n", "", margin, "", columns);
    const std::string low = short_number(x.low);
    const std::string high = short_number(x.high);
    const std::size_t middle = columns - std::min(columns, low.size() + high.size());
    text += fmt::format("{:{}}  {}{:^{}}{}\n", "", margin, low, scatter.x_label, middle, high);
    return text;
}

}  // namespace parnas::cli
