// SPDX-License-Identifier: Apache-2.0
#include "api/rest/lease_access.h"

#include <fmt/format.h>

#include "api/rest/study_access.h"

namespace parnas::rest {

void require_lease(const Call& call,
                   const Service& service,
                   service::Leases& leases,
                   const std::string& lease) {
    if (!call.caller().is_bound())
        return;
    const service::LeasedTrial trial = leases.trial_of(lease);
    if (!may_see(call.caller(), service.store, trial.id, trial.name))
        throw http::HttpError(404, fmt::format("there is no lease '{}'", lease));
}

std::string lease_of(const Call& call, const Service& service, service::Leases& leases) {
    std::string lease = call.text("lease");
    require_lease(call, service, leases, lease);
    return lease;
}

void refuse_lease(const Error& error, service::Leases& leases, const std::string& lease) {
    if (error.kind() == ErrorKind::conflict)
        throw http::HttpError(
            http::Problem{.status = 409, .slug = "lease-superseded", .detail = error.what()});
    if (error.kind() == ErrorKind::not_found && leases.was_deleted(lease))
        throw http::HttpError(410, "the study was deleted, and the lease with it");
}

}  // namespace parnas::rest
