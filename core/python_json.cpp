// SPDX-License-Identifier: Apache-2.0
#include "core/python_json.h"

#include <algorithm>
#include <array>

namespace parnas {
namespace {

constexpr std::array<std::string_view, 3> kWords{"NaN", "Infinity", "-Infinity"};

}  // namespace

std::string quote_python_numbers(std::string_view text) {
    // Most texts have none of them, and a search is much faster than the loop below.
    if (text.find("NaN") == text.npos && text.find("Infinity") == text.npos)
        return std::string(text);
    std::string quoted;
    quoted.reserve(text.size());
    bool in_text = false;
    while (!text.empty()) {
        const auto word = std::ranges::find_if(
            kWords, [text](std::string_view each) { return text.starts_with(each); });
        std::size_t length = 1;
        if (in_text && text.front() == '\\') {
            length = std::min<std::size_t>(2, text.size());
            quoted += text.substr(0, length);
        } else if (!in_text && word != kWords.end()) {
            length = word->size();
            quoted.append("\"").append(*word).append("\"");
        } else {
            in_text = in_text != (text.front() == '"');
            quoted += text.front();
        }
        text.remove_prefix(length);
    }
    return quoted;
}

}  // namespace parnas
