// SPDX-License-Identifier: Apache-2.0
#include "api/rest/paging.h"

#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "api/http/problem.h"
#include "core/base64url.h"
#include "core/crypto/sha256.h"
#include "core/mutation.h"

namespace parnas::rest {
namespace {

constexpr std::size_t kSignatureBytes = 32;
constexpr std::string_view kPageToken = "page_token";

// All parameters but those of the page itself, and what the path says.
std::string filters_of(const Call& call) {
    std::string text = call.operation().id + '\0' + call.request().path;
    for (const ParameterSpec& parameter : call.operation().parameters) {
        if (parameter.place != ParameterPlace::query || parameter.name.starts_with("page_"))
            continue;
        if (const std::string* value = call.request().query_value(parameter.name))
            text += '\0' + parameter.name + '\0' + *value;
    }
    return text;
}

std::string percent_encoded(std::string_view text) {
    std::string encoded;
    for (const char c : text) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                           (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' || c == '~';
        encoded += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<std::uint8_t>(c));
    }
    return encoded;
}

// The same request with another page token.
std::string target_of_next(const http::Request& request, std::string_view token) {
    std::string target = request.path + '?';
    for (const http::Field& field : request.query)
        if (field.name != kPageToken)
            target += percent_encoded(field.name) + '=' + percent_encoded(field.value) + '&';
    return target + std::string(kPageToken) + '=' + std::string(token);
}

}  // namespace

// The position's length is signed too, so that it and the filters cannot be taken apart otherwise.
std::string PageTokens::sign(std::string_view position, std::string_view filters) const {
    return crypto::hmac_sha256(
        key_, fmt::format("{}:{}", position.size(), position) + std::string(filters));
}

std::string PageTokens::make(std::string_view position, std::string_view filters) const {
    return to_base64url(sign(position, filters) + std::string(position));
}

std::string PageTokens::read(std::string_view token, std::string_view filters) const {
    const std::optional<std::string> bytes = from_base64url(token);
    if (bytes && bytes->size() >= kSignatureBytes) {
        const std::string_view position = std::string_view(*bytes).substr(kSignatureBytes);
        if (crypto::equal_in_constant_time(std::string_view(*bytes).substr(0, kSignatureBytes),
                                           sign(position, filters)))
            return std::string(position);
    }
    throw http::HttpError(http::Problem{
        .status = 400,
        .slug = "page-token-mismatch",
        .detail = "the page token is not one that this server gave for these filters"});
}

PageRequest read_page(const Call& call, const PageTokens& tokens) {
    PageRequest page{.size = static_cast<std::size_t>(call.integer("page_size"))};
    const std::optional<std::string> token = call.optional_text(kPageToken);
    if (token && !mutated("ignore_page_token"))
        page.after = tokens.read(*token, filters_of(call));
    return page;
}

http::Response make_page(const Call& call,
                         const PageTokens& tokens,
                         Json items,
                         const std::optional<std::string>& last) {
    Json page = {{"items", std::move(items)}};
    if (!last)
        return http::make_json(200, page);
    const std::string token = tokens.make(*last, filters_of(call));
    page["next_page_token"] = token;
    http::Response response = http::make_json(200, page);
    response.headers.add("Link",
                         fmt::format("<{}>; rel=\"next\"", target_of_next(call.request(), token)));
    return response;
}

}  // namespace parnas::rest
