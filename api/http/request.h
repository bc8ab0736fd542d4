// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "api/http/headers.h"
#include "core/json.h"
#include "core/json_limits.h"

namespace parnas::http {

// A request as a handler gets it: whole, checked and decoded.
struct Request {
    std::string method;             // "GET"; a GET route's handler gets HEAD requests too
    std::string path;               // as it was sent, without the query
    std::vector<Field> parameters;  // of the path, by the route's pattern, decoded
    std::vector<Field> query;       // decoded, in order, names may be there twice
    Headers headers;
    std::string body;
    std::string remote_address;  // of the connection; forwarding headers are not believed
    bool encrypted = false;      // it came by TLS, as far as this server knows
    std::string id;  // the client's X-Request-Id if it is fit to be repeated, or a new one
    // Whose request it is, as its handler found out: the log says so.
    mutable std::string principal;
    std::stop_token stop;  // the client has gone or sends no more, or the server stops

    // What `{name}` of the pattern stands for. A name that is not in it is a bug: Error(internal).
    const std::string& parameter(std::string_view name) const;
    // Null if the query lacks it. Throws Error(invalid_input) if it is there twice.
    const std::string* query_value(std::string_view name) const;
};

// The body as JSON. Throws HttpError: 415 if it is not called JSON, 422 too-large beyond the
// limits; and Error(invalid_input) if it is not JSON.
Json json_body(const Request& request, const JsonLimits& limits = {});

}  // namespace parnas::http
