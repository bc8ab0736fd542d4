// SPDX-License-Identifier: Apache-2.0
#include "api/rest/tokens.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "api/http/problem.h"
#include "api/rest/bodies.h"
#include "api/rest/times.h"
#include "api/rest/token_reading.h"

namespace parnas::rest {
namespace {

std::vector<std::string> read_texts(ObjectReader& reader, std::string_view key) {
    const Json* texts = reader.find(key);
    return texts == nullptr ? std::vector<std::string>() : texts->get<std::vector<std::string>>();
}

std::optional<TimePoint> read_expiry(ObjectReader& reader) {
    const std::optional<std::string> text = reader.optional_text("expires");
    if (!text)
        return std::nullopt;
    try {
        const TimePoint time = from_rfc3339(*text);
        if (time <= now())
            reader.fault("expires", "must be in the future");
        return time;
    } catch (const Error& error) {
        reader.fault("expires", error.what());
        return std::nullopt;
    }
}

service::TokenRequest read_request(ObjectReader& reader) {
    return {.name = reader.text("name"),
            .scopes = read_texts(reader, "scopes"),
            .projects = read_texts(reader, "projects"),
            .study = reader.optional_text("study"),
            .expires = read_expiry(reader)};
}

http::Response create_token(const Call& call, service::Tokens& tokens) {
    const service::TokenRequest request = read_body(call, read_request);
    if (!is_within(call.caller(), request.projects, request.study))
        throw http::HttpError(403, "a token has no projects or studies that its maker's has not");
    const service::CreatedToken created = tokens.create(request, actor_of(call.caller()));
    http::Response response =
        http::make_json(201, {{"token", token_json(created.record)}, {"secret", created.secret}});
    response.headers.set("Location", "/v1/tokens/" + created.record.id);
    response.headers.set("Cache-Control", "no-store");
    return response;
}

http::Response revoke_token(const Call& call, service::Tokens& tokens) {
    const std::string id = call.text("token");
    const store::TokenRecord token = tokens.find(id);
    if (!is_within(call.caller(), token.projects, token.study))
        throw http::HttpError(404, fmt::format("there is no '{}'", id));
    tokens.revoke(id, actor_of(call.caller()));
    return {.status = 204};
}

}  // namespace

void add_tokens(Operations& operations, service::Tokens& tokens) {
    operations["create_token"] = [&tokens](const Call& call) { return create_token(call, tokens); };
    operations["revoke_token"] = [&tokens](const Call& call) { return revoke_token(call, tokens); };
}

}  // namespace parnas::rest
