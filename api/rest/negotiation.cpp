// SPDX-License-Identifier: Apache-2.0
#include "api/rest/negotiation.h"

#include <charconv>

#include "api/http/headers.h"

namespace parnas::rest {
namespace {

std::string_view trimmed(std::string_view text) {
    const auto is_blank = [](char c) { return c == ' ' || c == '\t'; };
    while (!text.empty() && is_blank(text.front()))
        text.remove_prefix(1);
    while (!text.empty() && is_blank(text.back()))
        text.remove_suffix(1);
    return text;
}

// The text before the next `mark`, which goes with it.
std::string_view take(std::string_view& text, char mark) {
    const std::size_t end = text.find(mark);
    const std::string_view part = trimmed(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    return part;
}

struct MediaRange {
    std::string type;    // "text/*"
    double quality = 1;  // 0: not at all
};

MediaRange read_range(std::string_view text) {
    MediaRange range{.type = http::lower_case(take(text, ';'))};
    while (!text.empty()) {
        std::string_view parameter = take(text, ';');
        if (!http::equal_ignoring_case(take(parameter, '='), "q"))
            continue;
        double quality = 1;
        const auto read =
            std::from_chars(parameter.data(), parameter.data() + parameter.size(), quality);
        if (read.ec == std::errc())
            range.quality = quality;
    }
    return range;
}

// How exactly a range says `type`; 0: not at all.
int exactness(const std::string& range, const std::string& type) {
    if (range == type)
        return 3;
    if (range == "*/*")
        return 1;
    return range.ends_with("/*") && type.starts_with(range.substr(0, range.size() - 1)) ? 2 : 0;
}

double quality_of(const std::string& type, const std::vector<MediaRange>& ranges) {
    double quality = 0;
    int best = 0;
    for (const MediaRange& range : ranges)
        if (const int exact = exactness(range.type, type); exact > best) {
            best = exact;
            quality = range.quality;
        }
    return quality;
}

}  // namespace

std::string media_type(std::string_view content_type) {
    return http::lower_case(take(content_type, ';'));
}

std::optional<std::string> most_wanted(std::string_view accept,
                                       const std::vector<std::string>& offered) {
    std::vector<MediaRange> ranges;
    while (!accept.empty())
        if (MediaRange range = read_range(take(accept, ',')); !range.type.empty())
            ranges.push_back(std::move(range));
    std::optional<std::string> wanted;
    double most = 0;
    for (const std::string& type : offered)
        if (const double quality = quality_of(type, ranges); quality > most) {
            most = quality;
            wanted = type;
        }
    return wanted;
}

}  // namespace parnas::rest
