// SPDX-License-Identifier: Apache-2.0
#include <charconv>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/document.h"
#include "search/job_spec.h"

namespace parnas::search {
namespace {

// The entry `key` of an object or array; objects get one where there is none.
Json& entry(Json& json, std::string_view key, std::string_view path) {
    if (json.is_null())
        json = Json::object();
    if (json.is_object())
        return json[std::string(key)];
    std::size_t index = 0;
    const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), index);
    const bool is_index = error == std::errc{} && end == key.data() + key.size();
    if (json.is_array() && is_index && index < json.size())
        return json[index];
    throw Error(ErrorKind::invalid_input,
                fmt::format("'{}' leads through a value of type {} without an entry '{}'",
                            path,
                            type_name(json),
                            key));
}

}  // namespace

void set_value(Json& document, std::string_view path, std::string_view text) {
    Json* place = &document;
    std::string_view rest = path;
    for (bool more = true; more;) {
        const std::size_t dot = rest.find('.');
        const std::string_view key = rest.substr(0, dot);
        if (key.empty())
            throw Error(ErrorKind::invalid_input,
                        fmt::format("expected a path like budget.trials, got '{}'", path));
        place = &entry(*place, key, path);
        more = dot != std::string_view::npos;
        rest = more ? rest.substr(dot + 1) : rest;
    }
    *place = Document::parse(text, std::string(path)).root();
}

}  // namespace parnas::search
