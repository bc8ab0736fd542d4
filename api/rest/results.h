// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "api/rest/call.h"
#include "api/rest/service.h"
#include "api/service/leases.h"
#include "api/service/uploads.h"

namespace parnas::rest {

// A number as the contract has it, or "NaN", "Infinity" or "-Infinity".
double read_number(const Json& json);
Metrics read_metrics(const Json& json);

// A completed trial without what it is judged by would be of no use to anybody.
// Throws HttpError(422) for it.
void check_metrics(const Outcome& outcome, const search::PreparedStudy& study);

// Takes what came of leased trials.
class Results {
  public:
    // Everything outlives it.
    Results(const Service& service, service::Leases& leases, service::Uploads& uploads)
        : service_(service), leases_(leases), uploads_(uploads) {}

    // put_result.
    http::Response put(const Call& call) const;

    // Each of several, which go to the store together: what its trial is now, or why it was not
    // taken. Throws what is no fault of a result, such as a store that cannot be written.
    Json settle(const Call& call, const Json& results) const;

  private:
    struct Pending {
        service::LeasedTrial trial;
        service::HandedIn handed;
        std::optional<Digest> weights;
    };

    Pending hand_in(const std::string& lease, const Json& result) const;
    Json settle(const Pending& pending) const;

    const Service& service_;
    service::Leases& leases_;
    service::Uploads& uploads_;
};

}  // namespace parnas::rest
