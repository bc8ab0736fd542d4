// SPDX-License-Identifier: Apache-2.0
#include "core/json.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/error.h"

namespace parnas {
namespace {

constexpr int kMaxDepth = 64;

bool has_non_finite(const Json& json) {
    if (json.is_structured())
        return std::any_of(json.begin(), json.end(), has_non_finite);
    return json.is_number_float() && !std::isfinite(json.get<double>());
}

void name_non_finite(Json& json) {
    if (json.is_structured()) {
        for (Json& each : json)
            name_non_finite(each);
    } else if (has_non_finite(json)) {
        const double value = json.get<double>();
        json = std::isnan(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity";
    }
}

}  // namespace

Json parse_json(std::string_view text, std::string where) {
    std::vector<std::set<std::string>> keys;  // of the objects that are open
    const auto check_event = [&](int depth, Json::parse_event_t event, const Json& parsed) {
        using Event = Json::parse_event_t;
        if ((event == Event::object_start || event == Event::array_start) && depth >= kMaxDepth)
            throw Error(
                ErrorKind::invalid_input, fmt::format("nested deeper than {}", kMaxDepth), where);
        if (event == Event::object_start)
            keys.emplace_back();
        else if (event == Event::object_end)
            keys.pop_back();
        else if (event == Event::key && !keys.back().insert(parsed.get<std::string>()).second)
            throw Error(ErrorKind::invalid_input,
                        fmt::format("the key '{}' is there twice", parsed.get<std::string>()),
                        where);
        return true;
    };
    try {
        return Json::parse(text.begin(), text.end(), check_event);
    } catch (const Json::parse_error& error) {
        // "[json.exception.parse_error.101] parse error at line 1, column 1: syntax error ..."
        const std::string_view what = error.what();
        const std::size_t place_end = what.find(": ");
        throw Error(ErrorKind::invalid_input,
                    fmt::format("not JSON, at byte {}{}",
                                error.byte,
                                place_end == what.npos ? "" : what.substr(place_end)),
                    std::move(where));
    } catch (const Json::exception& error) {
        throw Error(
            ErrorKind::invalid_input, fmt::format("not JSON: {}", error.what()), std::move(where));
    }
}

std::string dump_json(const Json& json) {
    // Bytes that are not UTF-8 (a crashed program's last words) must not stop a report.
    const auto dump = [](const Json& finite) {
        return finite.dump(-1, ' ', false, Json::error_handler_t::replace);
    };
    if (!has_non_finite(json))
        return dump(json);
    Json copy = json;
    name_non_finite(copy);
    return dump(copy);
}

std::string_view type_name(const Json& json) {
    if (json.is_null())
        return "null";
    if (json.is_boolean())
        return "boolean";
    if (json.is_number_integer())
        return "integer";
    if (json.is_number())
        return "number";
    if (json.is_string())
        return "text";
    return json.is_array() ? "array" : "object";
}

std::string pointer_to(std::string_view parent, std::string_view key) {
    std::string pointer(parent);
    pointer += '/';
    for (const char c : key) {
        if (c == '~')
            pointer += "~0";
        else if (c == '/')
            pointer += "~1";
        else
            pointer += c;
    }
    return pointer;
}

std::string pointer_to(std::string_view parent, std::size_t index) {
    return fmt::format("{}/{}", parent, index);
}

}  // namespace parnas
