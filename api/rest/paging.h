// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/http/response.h"
#include "api/rest/call.h"
#include "core/json.h"

namespace parnas::rest {

// Signs where a listing goes on, so that clients can neither make nor read such places, nor use
// them with other filters. Const and thread-safe.
class PageTokens {
  public:
    // `key`: 32 random bytes. With another one, earlier tokens are worth nothing.
    explicit PageTokens(std::string key) : key_(std::move(key)) {}

    // `position`: the key of the last item, any bytes. `filters`: all that decides what is listed.
    std::string make(std::string_view position, std::string_view filters) const;
    // Throws HttpError(400) page-token-mismatch if the token is not one that make() gave for
    // these filters.
    std::string read(std::string_view token, std::string_view filters) const;

  private:
    std::string sign(std::string_view position, std::string_view filters) const;

    std::string key_;
};

// What a call of a paged operation asks for.
struct PageRequest {
    std::size_t size = 100;
    std::optional<std::string> after;  // the key of the last item before it; none: from the start
};
PageRequest read_page(const Call& call, const PageTokens& tokens);

// {"items": [...], "next_page_token": "..."} with its Link header. `last`: the key of the last item
// if more may follow.
http::Response make_page(const Call& call,
                         const PageTokens& tokens,
                         Json items,
                         const std::optional<std::string>& last);

// The items of a page of what is in memory, ascending by `key_of(item)`, a text.
template <typename Item>
struct Slice {
    std::span<const Item> items;
    std::optional<std::string> last;  // as make_page() takes it
};

template <typename Item, typename KeyOf>
Slice<Item> slice(const PageRequest& page, const std::vector<Item>& items, KeyOf key_of) {
    auto first = items.begin();
    if (page.after)
        first = std::find_if(
            first, items.end(), [&](const Item& item) { return key_of(item) > *page.after; });
    const auto left = static_cast<std::size_t>(items.end() - first);
    const std::span<const Item> shown(first, std::min(left, page.size));
    if (shown.size() == left)
        return {shown, std::nullopt};
    return {shown, key_of(shown.back())};
}

}  // namespace parnas::rest
