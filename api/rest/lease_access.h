// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "api/http/problem.h"
#include "api/rest/call.h"
#include "api/rest/service.h"
#include "api/service/leases.h"

namespace parnas::rest {

// `lease`, if the caller may see its study. Throws HttpError(404) otherwise.
void require_lease(const Call& call,
                   const Service& service,
                   service::Leases& leases,
                   const std::string& lease);
// The lease that the path names, likewise.
std::string lease_of(const Call& call, const Service& service, service::Leases& leases);

// Throws what the contract has for an error of a lease, if it has something: 409 lease-superseded
// for a conflict, 410 if its study was deleted.
void refuse_lease(const Error& error, service::Leases& leases, const std::string& lease);

// What `ask` returns; its errors as refuse_lease() has them.
template <typename Ask>
auto ask_lease(service::Leases& leases, const std::string& lease, const Ask& ask)
    -> decltype(ask()) {
    try {
        return ask();
    } catch (const Error& error) {
        refuse_lease(error, leases, lease);
        throw;
    }
}

}  // namespace parnas::rest
