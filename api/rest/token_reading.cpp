// SPDX-License-Identifier: Apache-2.0
#include "api/rest/token_reading.h"

#include <optional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "api/http/problem.h"
#include "api/rest/record_page.h"
#include "api/rest/times.h"

namespace parnas::rest {

Json token_json(const store::TokenRecord& token) {
    Json json = {{"id", token.id},
                 {"name", token.name},
                 {"scopes", token.scopes},
                 {"projects", token.projects},
                 {"created", to_rfc3339(token.created)}};
    if (token.study)
        json["study"] = *token.study;
    if (token.expires)
        json["expires"] = to_rfc3339(*token.expires);
    if (token.revoked)
        json["revoked"] = to_rfc3339(*token.revoked);
    return json;
}

void add_token_reading(Operations& operations, const Service& service) {
    operations["list_tokens"] = [&service](const Call& call) {
        return page_of_records(
            call,
            service.pages,
            [&](const std::string& after, std::int64_t limit) {
                return service.kept.tokens(after, limit);
            },
            [&](const store::TokenRecord& token) {
                return is_within(call.caller(), token.projects, token.study)
                           ? std::optional(token_json(token))
                           : std::nullopt;
            });
    };
    operations["get_token"] = [&service](const Call& call) {
        const std::string id = call.text("token");
        const store::TokenRecord token = service.kept.find_token(id);
        if (!is_within(call.caller(), token.projects, token.study))
            throw http::HttpError(404, fmt::format("there is no '{}'", id));
        return http::make_json(200, token_json(token));
    };
}

}  // namespace parnas::rest
