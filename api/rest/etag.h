// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "api/http/request.h"

namespace parnas::rest {

// Strong entity tags (RFC 9110, section 8.8.3). What can be changed by If-Match has the revision
// of that in front, "12-4f..."; the rest names the bytes of the answer. So counters that move in
// the same answer make a new tag, and do not stand in the way of a change.
std::string make_etag(std::string_view body);
std::string make_etag(std::int64_t revision, std::string_view body);

// Whether the client has it already: If-None-Match names it, or is "*".
bool is_known(const http::Request& request, std::string_view etag);

// Throws HttpError: 428 if there is no If-Match, 412 if it names other revisions only.
void require_revision(const http::Request& request, std::int64_t revision);

}  // namespace parnas::rest
