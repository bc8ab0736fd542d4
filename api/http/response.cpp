// SPDX-License-Identifier: Apache-2.0
#include "api/http/response.h"

#include <utility>

namespace parnas::http {

Response make_text(int status, std::string body, std::string_view content_type) {
    Response response{.status = status, .body = std::move(body)};
    response.headers.add("Content-Type", std::string(content_type));
    return response;
}

Response make_json(int status, const Json& json) {
    return make_text(status, dump_json(json), "application/json");
}

}  // namespace parnas::http
