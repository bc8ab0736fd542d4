// SPDX-License-Identifier: Apache-2.0
#include "api/http/request.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "api/http/problem.h"
#include "core/error.h"

namespace parnas::http {
namespace {

bool is_json(const std::string* content_type) {
    if (content_type == nullptr)
        return false;
    std::string type =
        lower_case(std::string_view(*content_type).substr(0, content_type->find(';')));
    type.erase(std::find_if(type.begin(), type.end(), [](char c) { return c == ' ' || c == '\t'; }),
               type.end());
    return type == "application/json" ||
           (type.starts_with("application/") && type.ends_with("+json"));
}

}  // namespace

const std::string& Request::parameter(std::string_view name) const {
    const std::string* value = find_field(parameters, name);
    check(value != nullptr, fmt::format("the route has no parameter '{}'", name));
    return *value;
}

const std::string* Request::query_value(std::string_view name) const {
    const auto same = [&](const Field& field) { return field.name == name; };
    if (std::count_if(query.begin(), query.end(), same) > 1)
        throw Error(ErrorKind::invalid_input, fmt::format("'{}' is in the query twice", name));
    return find_field(query, name);
}

Json json_body(const Request& request, const JsonLimits& limits) {
    if (!is_json(request.headers.find("Content-Type")))
        throw HttpError(415, "the body has to be application/json");
    if (const std::optional<std::string> excess = find_excess(request.body, limits))
        throw HttpError(Problem{.status = 422, .slug = "too-large", .detail = *excess});
    return parse_json(request.body, "body");
}

}  // namespace parnas::http
