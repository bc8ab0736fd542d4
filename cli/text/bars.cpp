// SPDX-License-Identifier: Apache-2.0
#include "cli/text/bars.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

#include <fmt/format.h>

#include "cli/text/tables.h"

namespace parnas::cli {
namespace {

constexpr std::size_t kNumber = 9;  // "  0.613  "
constexpr std::size_t kLongestLabel = 60;
constexpr std::size_t kLongestBar = 40;

// Eighths of a block.
std::string block_bar(double cells) {
    constexpr std::array<std::string_view, 8> kParts{"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    const auto eighths = static_cast<std::size_t>(std::lround(8.0 * cells));
    std::string bar;
    for (std::size_t i = 0; i < eighths / 8; ++i)
        bar += "█";
    return bar += kParts[eighths % 8];
}

}  // namespace

std::string draw(const std::vector<Bar>& bars, double full, std::size_t columns, Glyphs glyphs) {
    std::size_t widest = 0;
    std::vector<std::string> labels;
    for (const Bar& bar : bars) {
        labels.push_back(shortened(printable(bar.label)));
        widest = std::max(widest, labels.back().size());
    }
    const std::size_t taken = std::min(widest, kLongestLabel) + kNumber;
    const std::size_t room = columns > taken ? std::min(columns - taken, kLongestBar) : 0;
    std::string text;
    for (std::size_t i = 0; i < bars.size(); ++i) {
        const double cells = static_cast<double>(room) * std::min(1.0, bars[i].share / full);
        const std::string bar = glyphs == Glyphs::ascii
                                    ? std::string(static_cast<std::size_t>(std::lround(cells)), '#')
                                    : block_bar(cells);
        const std::string line = fmt::format("{:<{}}  {:.3f}", labels[i], widest, bars[i].share);
        text += line + (bar.empty() ? "" : "  " + bar) + "\n";
    }
    return text;
}

}  // namespace parnas::cli
