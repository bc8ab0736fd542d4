// SPDX-License-Identifier: Apache-2.0
#include "api/rest/etag.h"

#include <algorithm>
#include <vector>

#include "api/http/problem.h"
#include "core/hash.h"

namespace parnas::rest {
namespace {

// The tags of a list as they are written, weak ones too; what is between them does not count.
std::vector<std::string> tags_of(std::string_view list) {
    std::vector<std::string> tags;
    for (;;) {
        const std::size_t open = list.find('"');
        const std::size_t close = open == std::string_view::npos ? open : list.find('"', open + 1);
        if (close == std::string_view::npos)
            return tags;
        const bool weak = list.substr(0, open).ends_with("W/");
        tags.push_back((weak ? "W/" : "") + std::string(list.substr(open, close - open + 1)));
        list.remove_prefix(close + 1);
    }
}

bool is_any(std::string_view list) {
    return list == "*";
}

}  // namespace

std::string make_etag(std::string_view body) {
    return '"' + to_string(hash_bytes(body)) + '"';
}

std::string make_etag(std::int64_t revision, std::string_view body) {
    return '"' + std::to_string(revision) + '-' + to_string(hash_bytes(body)) + '"';
}

bool is_known(const http::Request& request, std::string_view etag) {
    const std::string* list = request.headers.find("If-None-Match");
    if (list == nullptr)
        return false;
    const auto is_it = [&](std::string_view tag) {
        if (tag.starts_with("W/"))  // weak comparison (section 13.1.2)
            tag.remove_prefix(2);
        return tag == etag;
    };
    return is_any(*list) || std::ranges::any_of(tags_of(*list), is_it);
}

void require_revision(const http::Request& request, std::int64_t revision) {
    const std::string* list = request.headers.find("If-Match");
    if (list == nullptr)
        throw http::HttpError(428, "If-Match is missing: the ETag that the change is based on");
    const std::string start = '"' + std::to_string(revision) + '-';
    const auto is_it = [&](const std::string& tag) { return tag.starts_with(start); };
    if (!is_any(*list) && !std::ranges::any_of(tags_of(*list), is_it))
        throw http::HttpError(412, "it was changed meanwhile: get it again");
}

}  // namespace parnas::rest
