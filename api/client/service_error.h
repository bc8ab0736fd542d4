// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "api/client/http_client.h"
#include "core/error.h"
#include "core/json.h"

namespace parnas::client {

// An answer that refuses, as RFC 9457 has it. Its kind follows from the status.
class ServiceError : public Error {
  public:
    ServiceError(int status, std::string slug, std::vector<Fault> faults);

    int status() const { return status_; }
    // The last part of the problem's `type`: "lease-superseded"; empty if there is none.
    const std::string& slug() const { return slug_; }

  private:
    int status_;
    std::string slug_;
};

// Of an answer with a status of 400 or more, whatever its body is.
ServiceError to_error(const Answer& answer);
// Of a problem within an answer; nothing if it is none.
std::optional<ServiceError> read_problem(const Json& problem, int status);

// Whether nothing more that is said on a lease will be heard: others have it, or it never was.
bool is_lost(const ServiceError& error);

}  // namespace parnas::client
