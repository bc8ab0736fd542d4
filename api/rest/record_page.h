// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "api/rest/paging.h"

namespace parnas::rest {

// A page of records that the store lists by id. `read(after, limit)` gives those after an id;
// `show(record)` an optional JSON, none: it is not in the list.
template <typename Read, typename Show>
http::Response page_of_records(const Call& call, const PageTokens& tokens, Read read, Show show) {
    const PageRequest page = read_page(call, tokens);
    std::string after = page.after.value_or("");
    Json items = Json::array();
    for (;;) {
        const auto records = read(after, static_cast<std::int64_t>(page.size) + 1);
        for (const auto& record : records) {
            if (items.size() == page.size)
                return make_page(call, tokens, std::move(items), after);
            if (std::optional<Json> shown = show(record))
                items.push_back(std::move(*shown));
            after = record.id;
        }
        if (records.size() <= page.size)
            return make_page(call, tokens, std::move(items), std::nullopt);
    }
}

}  // namespace parnas::rest
