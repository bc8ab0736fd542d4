// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/http/request.h"

namespace parnas::rest {

// Who sends a request, by its token.
struct Caller {
    std::string token;                  // its id; empty: nobody was asked who they are
    std::vector<std::string> scopes;    // "read", "submit", "work", "admin", "metrics"
    std::vector<std::string> projects;  // empty: all
    std::optional<std::string> study;   // the name of the only one that it is good for

    bool has_scope(std::string_view scope) const;
    bool may_see(std::string_view study_name, std::string_view project) const;
    // Whether there may be studies that it cannot see.
    bool is_bound() const { return study || !projects.empty(); }
};

// For the audit. Of a server without tokens everybody is as good as at its keyboard: "local".
std::string actor_of(const Caller& caller);
// Whether who is bound so (`projects` empty: to none) sees nothing that the caller does not see.
bool is_within(const Caller& caller,
               const std::vector<std::string>& projects,
               const std::optional<std::string>& study);

// Knows who sends a request. Called by several threads at once.
class Access {
  public:
    virtual ~Access() = default;
    // Nothing: the request has neither token nor cookie, or one that is good for nothing. Throws
    // HttpError(403) if a cookie is not enough for the request.
    virtual std::optional<Caller> identify(const http::Request& request) = 0;
};

}  // namespace parnas::rest
