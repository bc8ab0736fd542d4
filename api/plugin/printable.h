// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace parnas::plugin {

// At most so many bytes of what a plugin wrote are quoted.
inline constexpr std::size_t kQuotedBytes = 2048;

// Without what a terminal would obey or a message has no room for.
inline std::string printable(std::string_view text) {
    std::string result(text.substr(0, kQuotedBytes));
    std::replace_if(
        result.begin(),
        result.end(),
        [](char c) { return (static_cast<unsigned char>(c) < ' ' && c != '\n') || c == '\x7f'; },
        ' ');
    const std::size_t last = result.find_last_not_of(" \n");
    result.resize(last == std::string::npos ? 0 : last + 1);
    return result;
}

}  // namespace parnas::plugin
