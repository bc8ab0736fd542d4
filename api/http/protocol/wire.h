// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "api/http/response.h"

namespace parnas::http {

struct WireOptions {
    std::string id;             // of the request, for X-Request-Id
    bool close = false;         // the connection is of no more use afterwards
    bool without_body = false;  // an answer to HEAD
};

// A response as bytes of HTTP/1.1: of an event stream the head alone, of others all. Adds
// Date, Content-Length, Cache-Control, X-Content-Type-Options and X-Request-Id unless the
// handler has its own. Throws Error(internal) on a status or a header that cannot be sent.
std::string to_wire(const Response& response, const WireOptions& options);

}  // namespace parnas::http
