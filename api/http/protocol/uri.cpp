// SPDX-License-Identifier: Apache-2.0
#include "api/http/protocol/uri.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "api/http/problem.h"

namespace parnas::http {
namespace {

int hex_value(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

// How many bytes a UTF-8 sequence has by its first one; 0 if none begins so.
std::size_t sequence_length(unsigned char first) {
    if (first < 0x80)
        return 1;
    if (first >= 0xC2 && first < 0xE0)
        return 2;
    if (first >= 0xE0 && first < 0xF0)
        return 3;
    return first >= 0xF0 && first < 0xF5 ? 4 : 0;
}

// The least and the most second byte, which exclude overlong forms, surrogates and what lies
// beyond U+10FFFF (RFC 3629, section 4).
std::pair<unsigned char, unsigned char> second_byte(unsigned char first) {
    switch (first) {
        case 0xE0:
            return {0xA0, 0xBF};
        case 0xED:
            return {0x80, 0x9F};
        case 0xF0:
            return {0x90, 0xBF};
        case 0xF4:
            return {0x80, 0x8F};
        default:
            return {0x80, 0xBF};
    }
}

std::string decode_segment(std::string_view raw) {
    std::optional<std::string> segment = percent_decode(raw);
    if (!segment)
        throw HttpError(400, "the path is not percent-encoded UTF-8");
    const auto forbidden = [](unsigned char c) {
        return c < 0x20 || c == 0x7F || c == '/' || c == '\\';
    };
    if (*segment == "." || *segment == ".." ||
        std::any_of(segment->begin(), segment->end(), forbidden))
        throw HttpError(400, "the path has a segment that no name can be");
    return *std::move(segment);
}

std::string decode_query_part(std::string_view raw) {
    std::string spaced(raw);
    std::ranges::replace(spaced, '+', ' ');
    std::optional<std::string> part = percent_decode(spaced);
    if (!part)
        throw HttpError(400, "the query is not percent-encoded UTF-8");
    return *std::move(part);
}

}  // namespace

bool is_utf8(std::string_view text) {
    for (std::size_t i = 0; i < text.size();) {
        const auto first = static_cast<unsigned char>(text[i]);
        const std::size_t length = sequence_length(first);
        if (length == 0 || text.size() - i < length)
            return false;
        for (std::size_t k = 1; k < length; ++k) {
            const auto next = static_cast<unsigned char>(text[i + k]);
            const auto [least, most] =
                k == 1 ? second_byte(first) : std::pair<unsigned char, unsigned char>{0x80, 0xBF};
            if (next < least || next > most)
                return false;
        }
        i += length;
    }
    return true;
}

std::optional<std::string> percent_decode(std::string_view text) {
    std::string result;
    result.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            result += text[i];
            continue;
        }
        const int high = i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
        const int low = i + 2 < text.size() ? hex_value(text[i + 2]) : -1;
        if (high < 0 || low < 0)
            return std::nullopt;
        result += static_cast<char>(high * 16 + low);
        i += 2;
    }
    if (result.find('\0') != result.npos || !is_utf8(result))
        return std::nullopt;
    return result;
}

std::vector<std::string> path_segments(std::string_view path) {
    std::vector<std::string> segments;
    if (path.empty() || path[0] != '/')
        throw HttpError(400, "the path has to begin with a slash");
    path.remove_prefix(1);
    while (!path.empty()) {
        const std::size_t slash = path.find('/');
        segments.push_back(decode_segment(path.substr(0, slash)));
        if (slash == path.npos)
            break;
        path.remove_prefix(slash + 1);
        if (path.empty())
            segments.emplace_back();
    }
    return segments;
}

std::vector<Field> parse_query(std::string_view query) {
    std::vector<Field> fields;
    while (!query.empty()) {
        const std::size_t end = std::min(query.find('&'), query.size());
        const std::string_view part = query.substr(0, end);
        const std::size_t equal = part.find('=');
        if (!part.empty())
            fields.push_back({decode_query_part(part.substr(0, equal)),
                              decode_query_part(equal == part.npos ? std::string_view()
                                                                   : part.substr(equal + 1))});
        query.remove_prefix(std::min(end + 1, query.size()));
    }
    return fields;
}

}  // namespace parnas::http
