// SPDX-License-Identifier: Apache-2.0
#include "search/json_text.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "core/json.h"

namespace parnas::search {

std::string json_text(std::string_view text) {
    // Nearly every text takes the short way; the long one builds a Json value.
    const auto plain = [](char c) { return c >= ' ' && c <= '~' && c != '"' && c != '\\'; };
    if (std::ranges::all_of(text, plain))
        return '"' + std::string(text) + '"';
    return Json(std::string(text)).dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace parnas::search
