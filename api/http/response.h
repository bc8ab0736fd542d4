// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "api/http/event_source.h"
#include "api/http/headers.h"
#include "api/http/request.h"
#include "core/json.h"

namespace parnas::http {

// What a handler answers: a body, or events.
struct Response {
    int status = 200;  // 200 to 599
    Headers headers;   // without those of the connection and the framing, which the server writes
    std::string body;
    std::optional<EventStream> events;  // then `body` is not sent
};

// Answers one request. Called by several threads at once. Errors are thrown: an Error becomes
// problem+json by its kind, an HttpError by its problem. Whatever can take more than 100 ms
// looks at Request::stop.
using Handler = std::function<Response(const Request&)>;

Response make_text(int status,
                   std::string body,
                   std::string_view content_type = "text/plain; charset=utf-8");
Response make_json(int status, const Json& json);

}  // namespace parnas::http
