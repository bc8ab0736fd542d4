// SPDX-License-Identifier: Apache-2.0
#include "api/rest/upkeep.h"

#include <nlohmann/json.hpp>

#include "api/http/problem.h"
#include "api/rest/times.h"

namespace parnas::rest {
namespace {

// Those bound to a part of the store do not get all of it.
void require_unbound(const Caller& caller) {
    if (caller.is_bound())
        throw http::HttpError(403, "the token is bound to projects or a study, and this is of all");
}

http::Response create_backup(const Call& call, service::Upkeep& upkeep) {
    require_unbound(call.caller());
    const service::Backup backup = upkeep.back_up(actor_of(call.caller()));
    return http::make_json(
        201,
        {{"name", backup.name}, {"bytes", backup.bytes}, {"created", to_rfc3339(backup.created)}});
}

http::Response check_store(const Call& call, service::Upkeep& upkeep) {
    require_unbound(call.caller());
    Json faults = Json::array();
    for (const Fault& fault : upkeep.check())
        faults.push_back({{"where", fault.where}, {"message", fault.message}});
    return http::make_json(200, {{"sound", faults.empty()}, {"faults", faults}});
}

}  // namespace

void add_upkeep(Operations& operations, service::Upkeep& upkeep) {
    operations["create_backup"] = [&upkeep](const Call& call) {
        return create_backup(call, upkeep);
    };
    operations["check_store"] = [&upkeep](const Call& call) { return check_store(call, upkeep); };
}

}  // namespace parnas::rest
