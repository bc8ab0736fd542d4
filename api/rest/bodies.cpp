// SPDX-License-Identifier: Apache-2.0
#include "api/rest/bodies.h"

#include <nlohmann/json.hpp>

#include "api/http/problem.h"

namespace parnas::rest {

void throw_unprocessable(const Faults& faults) {
    if (!faults.empty())
        throw http::HttpError(
            http::Problem{.status = 422, .detail = "the body has faults", .errors = faults.list()});
}

const Json& object_body(const Call& call) {
    static const Json kEmpty = Json::object();
    return call.body().is_null() ? kEmpty : call.body();
}

}  // namespace parnas::rest
