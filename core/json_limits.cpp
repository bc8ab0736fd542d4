// SPDX-License-Identifier: Apache-2.0
#include "core/json_limits.h"

#include <vector>

#include <fmt/format.h>

namespace parnas {
namespace {

std::string sentence(std::string_view what, std::size_t limit, std::size_t place) {
    return fmt::format("{} {}, at byte {}", what, limit, place);
}

// Past the closing quote of the string whose first byte is at `begin`; the end if there is none.
std::size_t end_of_string(std::string_view text, std::size_t begin) {
    for (std::size_t i = begin; i < text.size(); ++i) {
        if (text[i] == '\\')
            ++i;
        else if (text[i] == '"')
            return i + 1;
    }
    return text.size();
}

}  // namespace

std::optional<std::string> find_excess(std::string_view text, const JsonLimits& limits) {
    std::vector<std::size_t> commas;  // of the objects and arrays that are open
    std::size_t values = 1;
    for (std::size_t i = 0; i < text.size(); ++i) {
        switch (text[i]) {
            case '"': {
                const std::size_t end = end_of_string(text, i + 1);
                if (end - i > limits.string_bytes + 2)
                    return sentence("a text is longer than", limits.string_bytes, i);
                i = end - 1;
                break;
            }
            case '[':
            case '{':
                if (commas.size() == limits.depth)
                    return sentence("nested deeper than", limits.depth, i);
                commas.push_back(0);
                ++values;
                break;
            case ']':
            case '}':
                if (!commas.empty())
                    commas.pop_back();
                break;
            case ',':
                ++values;
                if (!commas.empty() && ++commas.back() >= limits.members)
                    return sentence("an object or array has more members than", limits.members, i);
                break;
            default:
                break;
        }
        if (values > limits.values)
            return sentence("there are more values than", limits.values, i);
    }
    return std::nullopt;
}

}  // namespace parnas
